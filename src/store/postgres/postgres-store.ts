// The store on a PostgreSQL server, which any number of nodes may share.

import { setTimeout as sleep } from 'node:timers/promises'
import type { Store } from '../../contracts/store.ts'
import { attemptReads } from './attempts.ts'
import { Changes } from './changes.ts'
import { commitRole } from './commit.ts'
import { Database, databaseBounds } from './database.ts'
import { mayPassAtStart, refusal } from './errors.ts'
import { endpointReads, endpointRole } from './endpoints.ts'
import { historyReads, historyRole } from './history.ts'
import { keyReads, keyRole } from './keys.ts'
import { leaseRole } from './leases.ts'
import { migrate } from './migrate.ts'
import { quotaRole } from './quotas.ts'
import { sealReads, sealRole } from './seals.ts'
import { tenantReads, tenantRole } from './tenants.ts'
import { refuseUnfinishedCopy } from './unfinished-copy.ts'
import { upkeepRole } from './upkeep.ts'

/** A server that is just starting is waited for. */
const startMsMax = 30_000
const startAgainMs = 500
/** Lists have connections of their own: however long they take, they keep claims and changes from nothing. */
const connections = { work: 3, lists: 3 }

/**
 * Connects to the database at `url` and brings its schema up to date. `?schema=` names the schema that holds the tables
 * (default: `posthorn`).
 *
 * @throws StoreRefused where the server does not answer within 30 s, refuses the login, or a newer program wrote the
 * schema
 */
export async function openPostgresStore(url: string, bounds = databaseBounds): Promise<Store> {
  const db = new Database(url, connections.work, bounds)
  const lists = new Database(url, connections.lists, bounds)
  const changes = new Changes(db)
  const { closeCommits, ...commits } = commitRole(db, changes)
  try {
    await untilThere(async () => {
      await migrate(db)
      await refuseUnfinishedCopy(db)
    })
  } catch (error) {
    await db.close()
    throw refusal(error)
  }
  return {
    ...commits,
    ...leaseRole(db, changes),
    ...tenantRole(changes),
    ...tenantReads(db),
    ...keyRole(changes),
    ...keyReads(db),
    ...endpointRole(db, changes),
    ...endpointReads(db),
    ...historyRole(db, changes),
    ...historyReads(lists),
    ...attemptReads(lists),
    ...sealRole(db),
    ...sealReads(db),
    ...upkeepRole(db),
    quotas: quotaRole(db),
    listen: (listener) => changes.listen(listener),
    async close() {
      await Promise.all([closeCommits(), changes.close(), db.close(), lists.close()])
    },
  }
}

async function untilThere(action: () => Promise<void>): Promise<void> {
  const giveUpAt = Date.now() + startMsMax
  for (;;) {
    try {
      return await action()
    } catch (error) {
      if (!mayPassAtStart(error) || Date.now() > giveUpAt) throw error
      await sleep(startAgainMs)
    }
  }
}
