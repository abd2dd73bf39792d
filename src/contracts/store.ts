// The only access to the database: the interface that a database engine implements, in small roles. Both engines pass
// the same suite (test/conformance/store).

import { Unavailable } from '../domain/unavailable.ts'
import type { AccountReads, AccountWrites } from './account-store.ts'
import type { AuditReads, AuditWrites } from './audit-store.ts'
import type { CommitStore } from './commit-store.ts'
import type { EraseReads, EraseStore } from './erase-store.ts'
import type { HistoryReads, HistoryWrites } from './history-store.ts'
import type { ChangeStore, LeaseStore } from './lease-store.ts'
import type { ReportStore } from './node-report.ts'
import type { OutboxStore } from './outbox-store.ts'
import type { PollStore } from './poll-store.ts'
import type { PortalReads, PortalWrites } from './portal-store.ts'
import type { QuotaStore } from './quota-store.ts'
import type { ReplayReads, ReplayWrites } from './replay-store.ts'
import type { StatsReads, StatsStore } from './stats-store.ts'
import type { TellingStore } from './telling-store.ts'
import type { SealStore, UpkeepStore } from './upkeep-store.ts'

/**
 * The database cannot serve now: it is locked, full, missing or unreachable. Only errors of the database have this
 * class; every other temporary error is a plain `Unavailable`.
 */
export class StoreUnavailable extends Unavailable {
  override name = 'StoreUnavailable'
}

/**
 * The incarnation has ended: the node was silent for so long that its deliveries were released to other nodes, or it is
 * unknown whether its last call took effect. The node drops everything in memory and joins again, because the database
 * is right.
 */
export class IncarnationLost extends StoreUnavailable {
  override name = 'IncarnationLost'
}

/** The database cannot be used at all: a newer schema, a wrong file, another process. The service does not start. */
export class StoreRefused extends Error {
  override name = 'StoreRefused'
}

/** There is no database where one should be read. */
export class NoDatabase extends StoreRefused {
  override name = 'NoDatabase'
}

/** All roles of a database engine. */
export interface Store
  extends
    CommitStore,
    LeaseStore,
    ChangeStore,
    AccountReads,
    AccountWrites,
    AuditReads,
    AuditWrites,
    HistoryReads,
    HistoryWrites,
    ReportStore,
    EraseReads,
    EraseStore,
    PollStore,
    PortalReads,
    PortalWrites,
    ReplayReads,
    ReplayWrites,
    SealStore,
    StatsReads,
    StatsStore,
    TellingStore,
    UpkeepStore {
  /** Null: `shared` is false, and the only node counts in memory. */
  readonly quotas: QuotaStore | null
  /** Null: no caller has a transaction on this database. */
  readonly outbox: OutboxStore | null
}
