import type { PortalLinkId, TenantId } from '../../domain/ids.ts'
import { limits } from '../../domain/limits.ts'
import type { WriteEnvelope, WriteResult } from '../../contracts/account-store.ts'
import type { StoredPortalLink } from '../../contracts/portal-store.ts'
import { Abort } from '../abort.ts'
import { type PortalLinkColumns, portalLinkOf } from '../portal-rows.ts'
import type { Changes } from './changes.ts'
import type { Database } from './database.ts'
import { write } from './write.ts'

const columns = 'id, tenant, hash, sealed, created_at, expires_at, ends_at, opened_at'

export function portalRole(db: Database, changes: Changes) {
  return {
    createPortalLink(link: StoredPortalLink, envelope?: WriteEnvelope): Promise<WriteResult> {
      const { id, tenant, hash, sealed, createdAt, expiresAt, endsAt } = link
      return write(changes, envelope, async ({ session }) => {
        // Locked, so that two links of a tenant are counted one after the other.
        const locked = await session.run('SELECT FROM tenants WHERE id = $1 FOR NO KEY UPDATE', tenant)
        if (locked === 0) throw new Abort('absent')
        await session.run('DELETE FROM portal_links WHERE ends_at <= $1', createdAt)
        const count = await session.get<{ n: number }>(
          'SELECT count(*)::int AS n FROM portal_links WHERE tenant = $1',
          tenant,
        )
        if ((count?.n ?? 0) >= limits.portalLinksPerTenantMax) throw new Abort('full')
        await session.run(
          `INSERT INTO portal_links (${columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, NULL)`,
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

    async openPortalLink(hash: string, now: number): Promise<StoredPortalLink | null> {
      const row = await db.get<PortalLinkColumns>(
        `UPDATE portal_links SET opened_at = $2 WHERE hash = $1 AND opened_at IS NULL AND expires_at > $2
         RETURNING ${columns}`,
        hash,
        now,
      )
      return row === undefined ? null : portalLinkOf(row)
    },

    deletePortalLink(tenant: TenantId, id: PortalLinkId, envelope?: WriteEnvelope): Promise<WriteResult> {
      return write(changes, envelope, async ({ session }) => {
        const deleted = await session.run('DELETE FROM portal_links WHERE id = $1 AND tenant = $2', id, tenant)
        if (deleted === 0) throw new Abort('absent')
      })
    },
  }
}

export function portalReads(db: Database) {
  return {
    async findPortalLink(id: PortalLinkId): Promise<StoredPortalLink | null> {
      const row = await db.get<PortalLinkColumns>(`SELECT ${columns} FROM portal_links WHERE id = $1`, id)
      return row === undefined ? null : portalLinkOf(row)
    },

    async listPortalLinks(tenant: TenantId, now: number): Promise<StoredPortalLink[]> {
      const select = `SELECT ${columns} FROM portal_links WHERE tenant = $1 AND ends_at > $2 ORDER BY created_at DESC, id DESC`
      return (await db.all<PortalLinkColumns>(select, tenant, now)).map(portalLinkOf)
    },
  }
}
