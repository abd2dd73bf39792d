import type { PortalLinkId, TenantId } from '../../domain/ids.ts'
import { limits } from '../../domain/limits.ts'
import type { WriteEnvelope, WriteResult } from '../../contracts/account-store.ts'
import type { StoredPortalLink } from '../../contracts/portal-store.ts'
import { Abort } from '../abort.ts'
import { type PortalLinkColumns, portalLinkOf } from '../portal-rows.ts'
import type { Database } from './database.ts'
import { write } from './write.ts'

export function portalRole(db: Database) {
  return {
    createPortalLink(link: StoredPortalLink, envelope?: WriteEnvelope): WriteResult {
      const { id, tenant, hash, sealed, createdAt, expiresAt, endsAt } = link
      return write(db, envelope, () => {
        if (db.get('SELECT 1 FROM tenants WHERE id = ?', tenant) === undefined) throw new Abort('absent')
        db.run('DELETE FROM portal_links WHERE ends_at <= ?', createdAt)
        const count = db.get<{ n: number }>('SELECT count(*) AS n FROM portal_links WHERE tenant = ?', tenant)?.n ?? 0
        if (count >= limits.portalLinksPerTenantMax) throw new Abort('full')
        db.run(
          `INSERT INTO portal_links (id, tenant, hash, sealed, created_at, expires_at, ends_at)
           VALUES (?, ?, ?, ?, ?, ?, ?)`,
          id,
          tenant,
          hash,
          sealed,
          createdAt,
          expiresAt,
          endsAt,
        )
      })
    },

    openPortalLink(hash: string, now: number): StoredPortalLink | null {
      const row = db.transaction(() =>
        db.get<PortalLinkColumns>(
          `UPDATE portal_links SET opened_at = ? WHERE hash = ? AND opened_at IS NULL AND expires_at > ? RETURNING *`,
          now,
          hash,
          now,
        ),
      )
      return row === undefined ? null : portalLinkOf(row)
    },

    deletePortalLink(tenant: TenantId, id: PortalLinkId, envelope?: WriteEnvelope): WriteResult {
      return write(db, envelope, () => {
        if (db.run('DELETE FROM portal_links WHERE id = ? AND tenant = ?', id, tenant) === 0) throw new Abort('absent')
      })
    },
  }
}

export function portalReads(db: Database) {
  return {
    findPortalLink(id: PortalLinkId): StoredPortalLink | null {
      const row = db.get<PortalLinkColumns>('SELECT * FROM portal_links WHERE id = ?', id)
      return row === undefined ? null : portalLinkOf(row)
    },

    listPortalLinks(tenant: TenantId, now: number): StoredPortalLink[] {
      const select = 'SELECT * FROM portal_links WHERE tenant = ? AND ends_at > ? ORDER BY created_at DESC, id DESC'
      return db.all<PortalLinkColumns>(select, tenant, now).map(portalLinkOf)
    },
  }
}
