// The calls of the SQLite store, on one connection and without its threads.

import { attemptReads } from '../../src/store/sqlite/attempts.ts'
import { auditReads, auditRole } from '../../src/store/sqlite/audit.ts'
import { commitRole } from '../../src/store/sqlite/commit.ts'
import { eraseReads, eraseRole } from '../../src/store/sqlite/erase.ts'
import { endpointReads, endpointRole } from '../../src/store/sqlite/endpoints.ts'
import { historyReads, historyRole } from '../../src/store/sqlite/history.ts'
import { keyReads, keyRole } from '../../src/store/sqlite/keys.ts'
import { leaseReads, leaseRole } from '../../src/store/sqlite/leases.ts'
import { pollReads, pollRole } from '../../src/store/sqlite/polls.ts'
import { portalReads, portalRole } from '../../src/store/sqlite/portal-links.ts'
import { replayReads, replayRole } from '../../src/store/sqlite/replays.ts'
import { sealReads, sealRole } from '../../src/store/sqlite/seals.ts'
import { statsRole, statsSteps } from '../../src/store/sqlite/stats.ts'
import { statsReads } from '../../src/store/sqlite/stats-reads.ts'
import { tellingRole } from '../../src/store/sqlite/tellings.ts'
import { tenantReads, tenantRole } from '../../src/store/sqlite/tenants.ts'
import { upkeepReads, upkeepRole } from '../../src/store/sqlite/upkeep.ts'
import { accountLists } from '../../src/store/sqlite/account-lists.ts'
import { deliveryLists } from '../../src/store/sqlite/delivery-lists.ts'
import type { Database } from '../../src/store/sqlite/database.ts'

export function ownRoles(db: Database) {
  const steps = statsSteps(db)
  return {
    ...commitRole(db),
    ...leaseRole(db),
    ...leaseReads(db),
    ...tenantRole(db),
    ...tenantReads(db),
    ...keyRole(db),
    ...keyReads(db),
    ...endpointRole(db),
    ...endpointReads(db),
    ...historyRole(db),
    ...historyReads(db),
    ...accountLists(db),
    ...deliveryLists(db),
    ...auditRole(db),
    ...auditReads(db),
    ...eraseRole(db, steps),
    ...eraseReads(db),
    ...pollRole(db),
    ...pollReads(db),
    ...portalRole(db),
    ...portalReads(db),
    ...replayRole(db),
    ...replayReads(db),
    ...sealRole(db),
    ...sealReads(db),
    ...attemptReads(db),
    ...upkeepReads(db),
    ...statsRole(db, steps),
    ...statsReads(db),
    ...tellingRole(db),
    ...upkeepRole(db),
  }
}

/** The calls of a store. Each takes effect atomically and returns at once. */
export type Roles = ReturnType<typeof ownRoles>
