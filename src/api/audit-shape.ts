// The shape of audit records.

import { Type } from 'typebox'
import { type AuditAction, auditedObjects, type AuditRecord } from '../domain/audit.ts'
import { uuidV7Time } from '../domain/ids.ts'
import { Nullable, time, Time } from './shapes.ts'

export const auditActions = Object.keys(auditedObjects) as AuditAction[]

const AuditedFields = Nullable(Type.Record(Type.String(), Type.Unknown()))

export const AuditSchema = Type.Object({
  id: Type.String(),
  at: Time,
  action: Type.Enum(auditActions),
  refused: Nullable(Type.String({ description: 'The kind of the problem that refused it; null: it was done.' })),
  count: Type.Integer({ description: 'Reads of secrets and refused attempts of a minute are counted together.' }),
  actor: Type.Object({
    kind: Type.Enum(['operator', 'customer', 'unknown', 'posthorn']),
    id: Nullable(Type.String()),
    name: Nullable(Type.String()),
    role: Nullable(Type.String()),
  }),
  address: Type.String({ description: 'The IP address of the caller.' }),
  tenant: Nullable(Type.String()),
  object: Type.Object({ kind: Nullable(Type.String()), id: Nullable(Type.String()) }),
  before: AuditedFields,
  after: AuditedFields,
  changeErasedAt: Nullable({ ...Time, description: 'When before and after were erased; null: they are not.' }),
})

export function auditShape(record: AuditRecord): object {
  const { id, action, refused, count, actor, address, tenant, object, change, erasedAt } = record
  return {
    id,
    at: time(uuidV7Time(id)),
    action,
    refused,
    count,
    actor,
    address,
    tenant,
    object: { kind: auditedObjects[action] ?? null, id: object },
    before: change?.before ?? null,
    after: change?.after ?? null,
    changeErasedAt: erasedAt === undefined ? null : time(erasedAt),
  }
}
