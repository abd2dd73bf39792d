// Audit records in the database. Records of changes are written in the transaction of the change (`WriteEnvelope`).

import type { AuditAction, AuditRecord, NewAuditRecord } from '../domain/audit.ts'
import type { TenantId } from '../domain/ids.ts'
import type { Page, PageRequest } from './page.ts'

/** Conditions of a list of audit records; null: no condition. Times are Unix milliseconds. */
export interface AuditFilter {
  readonly tenant: TenantId | null
  /** The id of the actor. */
  readonly actor: string | null
  readonly action: AuditAction | null
  /** The id of the object. */
  readonly object: string | null
  /** Records of this time or later. */
  readonly from: number | null
  /** Records of an earlier time. */
  readonly to: number | null
}

export interface AuditReads {
  listAudit(filter: AuditFilter, page: PageRequest): Promise<Page<AuditRecord>>
}

export interface AuditWrites {
  /** Stores records in one transaction. A record that is stored already gets the given count. */
  recordAudit(records: readonly NewAuditRecord[]): Promise<void>
  /** One bounded step of removing records older than `before`. Returns the number of removed records. */
  pruneAudit(before: number, rowsMax: number): Promise<number>
}
