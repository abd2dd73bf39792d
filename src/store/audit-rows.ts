// Converts rows of the table `audit` to audit records, and back.

import {
  type Actor,
  type AuditAction,
  type AuditedChange,
  type AuditRecord,
  type NewAuditRecord,
} from '../domain/audit.ts'
import { parsed } from './rows.ts'
import { type AuditId, type TenantId } from '../domain/ids.ts'

export const auditColumns =
  'id, action, refused, count, actor_kind, actor, actor_name, actor_role, address, object, tenant, change, erased_at'

export interface AuditColumns {
  id: string
  action: string
  refused: string | null
  count: number
  actor_kind: string
  actor: string | null
  actor_name: string | null
  actor_role: string | null
  address: string
  object: string | null
  tenant: string | null
  change: string | null
  erased_at: number | null
}

export function auditOf(row: AuditColumns): AuditRecord {
  return {
    id: row.id as AuditId,
    action: row.action as AuditAction,
    refused: row.refused,
    count: row.count,
    actor: { kind: row.actor_kind as Actor['kind'], id: row.actor, name: row.actor_name, role: row.actor_role },
    address: row.address,
    object: row.object,
    tenant: row.tenant as TenantId | null,
    change: row.change === null ? null : (parsed<AuditedChange>(row.change) ?? null),
    ...(row.erased_at !== null && { erasedAt: row.erased_at }),
  }
}

/** The columns of a new record that its insert names, in this order: `auditColumns` without the last, and `endpoint`. */
export function auditValues(record: NewAuditRecord): (string | number | null)[] {
  const { id, action, refused, count, actor, address, object, tenant, change, endpoint = null } = record
  const who = [actor.kind, actor.id, actor.name, actor.role]
  return [id, action, refused, count, ...who, address, object, tenant, change && JSON.stringify(change), endpoint]
}
