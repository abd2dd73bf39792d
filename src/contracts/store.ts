// The one way to the database: what the program asks of a database engine, in small roles. Both engines pass the same
// suite (test/conformance/store).

import { Unavailable } from '../domain/unavailable.ts'
import type { AccountReads, AccountWrites } from './account-store.ts'
import type { CommitStore } from './commit-store.ts'
import type { HistoryReads, HistoryWrites } from './history-store.ts'
import type { ChangeStore, LeaseStore } from './lease-store.ts'
import type { QuotaStore } from './quota-store.ts'
import type { SealStore, UpkeepStore } from './upkeep-store.ts'

/**
 * The database cannot serve now: it is locked, full, missing or out of reach. Only errors of the database are told as
 * this; everything else that passes by itself is a plain `Unavailable`.
 */
export class StoreUnavailable extends Unavailable {
  override name = 'StoreUnavailable'
}

/**
 * The node cannot go on as it is: it was silent for so long that others were let have what it held, or nobody knows
 * whether its last call took effect. It gives up all that it has in memory and joins anew; the database is right.
 */
export class IncarnationLost extends StoreUnavailable {
  override name = 'IncarnationLost'
}

/** The database cannot be used at all: a newer schema, a wrong file, another process. Stops the start. */
export class StoreRefused extends Error {
  override name = 'StoreRefused'
}

export interface Store
  extends
    CommitStore,
    LeaseStore,
    ChangeStore,
    AccountReads,
    AccountWrites,
    HistoryReads,
    HistoryWrites,
    SealStore,
    UpkeepStore {
  /** Null where `shared` is false: one node counts in memory. */
  readonly quotas: QuotaStore | null
}
