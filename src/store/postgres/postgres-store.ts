// The store on a PostgreSQL server. Any number of nodes may share it.

import { setTimeout as sleep } from 'node:timers/promises'
import type { NodeFacts } from '../../contracts/lease-store.ts'
import type { SchemaVersions } from '../../contracts/upkeep-store.ts'
import type { Store } from '../../contracts/store.ts'
import { accountLists } from './account-lists.ts'
import { attemptReads } from './attempts.ts'
import { auditReads, auditRole } from './audit.ts'
import { Changes } from './changes.ts'
import { Commits } from './commit.ts'
import { Database, databaseBounds } from './database.ts'
import { deliveryLists } from './delivery-lists.ts'
import { mayPassAtStart, messageOf, refusal } from './errors.ts'
import { eraseReads, eraseRole } from './erase.ts'
import { endpointReads, endpointRole } from './endpoints.ts'
import { historyReads, historyRole } from './history.ts'
import { keyReads, keyRole } from './keys.ts'
import { leaseRole } from './leases.ts'
import { checkServer, migrate } from './migrate.ts'
import { outboxReads, outboxRole } from './outbox.ts'
import { pollRole } from './polls.ts'
import { portalReads, portalRole } from './portal-links.ts'
import { quotaRole } from './quotas.ts'
import { replayReads, replayRole } from './replays.ts'
import { sealReads, sealRole } from './seals.ts'
import { statsRole, statsSteps } from './stats.ts'
import { statsReads } from './stats-reads.ts'
import { tellingRole } from './tellings.ts'
import { tenantReads, tenantRole } from './tenants.ts'
import { refuseUnfinishedCopy } from './unfinished-copy.ts'
import { upkeepRole } from './upkeep.ts'

/** How long a start waits for a server that is starting, and how long it pauses between two tries. */
const startMsMax = 30_000
const startAgainMs = 500
/** Sizes of the pools. Lists have a pool of their own, so that a slow list never delays a claim or a change. */
const connections = { work: 3, lists: 3 }

interface OpenOptions {
  readonly bounds?: typeof databaseBounds
  /** Called once if the start waits for the server. */
  readonly waiting?: (reason: string) => void
  /** Default: the node says nothing about itself. */
  readonly facts?: NodeFacts
}

/**
 * Connects to the database at `url` and migrates its schema. `?schema=` names the schema that holds the tables
 * (default: `posthorn`).
 *
 * @throws StoreRefused if the server does not answer within 30 s or refuses the login, if a newer program wrote the
 * schema, if the database holds an unfinished copy, or if the address, a setting or an encoding cannot be used
 */
export async function openPostgresStore(url: string, options: OpenOptions = {}): Promise<Store> {
  const { bounds = databaseBounds, waiting = () => {}, facts = null } = options
  const db = new Database(url, connections.work, bounds)
  const lists = new Database(url, connections.lists, bounds)
  const changes = new Changes(db)
  const commits = new Commits(db, changes)
  const steps = statsSteps(db)
  let versions: SchemaVersions
  try {
    await untilAvailable(async () => {
      await checkServer(db)
      versions = await migrate(db)
      await refuseUnfinishedCopy(db)
    }, waiting)
  } catch (error) {
    await db.close()
    throw refusal(error)
  }
  return {
    commit: (batch) => commits.commit(batch),
    ...leaseRole(db, changes, commits, facts),
    ...tenantRole(changes),
    ...tenantReads(db),
    ...keyRole(changes),
    ...keyReads(db),
    ...pollRole(db),
    ...portalRole(db, changes),
    ...portalReads(db),
    ...endpointRole(db, changes),
    ...endpointReads(db),
    ...historyRole(db, changes),
    ...historyReads(lists),
    ...accountLists(lists),
    ...deliveryLists(lists),
    ...auditRole(db),
    ...auditReads(lists),
    ...eraseRole(db, changes, steps),
    ...eraseReads(db),
    ...replayRole(db, changes),
    ...replayReads(db),
    ...attemptReads(lists),
    ...sealRole(db),
    ...sealReads(db),
    ...statsRole(db, steps),
    ...statsReads(lists),
    ...tellingRole(db, changes),
    ...upkeepRole(db),
    schemaVersions: async () => versions,
    quotas: quotaRole(db),
    outbox: { ...outboxRole(db, changes), ...outboxReads(lists) },
    listen: (listener) => changes.listen(listener),
    report: (report) => changes.report(report),
    async close() {
      await Promise.all([commits.close(), changes.close(), db.close(), lists.close()])
    },
  }
}

async function untilAvailable(action: () => Promise<void>, waiting: (reason: string) => void): Promise<void> {
  const giveUpAt = Date.now() + startMsMax
  for (let tries = 1; ; tries++) {
    try {
      return await action()
    } catch (error) {
      if (!mayPassAtStart(error) || Date.now() > giveUpAt) throw error
      if (tries === 1) waiting(`${messageOf(error)}; trying again for ${startMsMax / 1000} s`)
      await sleep(startAgainMs)
    }
  }
}
