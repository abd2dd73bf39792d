// The suite of all engines, on a PostgreSQL database with a hostile role and a Turkish collation. Each case has its own
// schema. All other tests use the superuser of a plain database.

import { after, before } from 'node:test'
import { type HostileDatabase, hostileDatabase } from '../../support/hostile-database.ts'
import { type Harness, storeConformance } from './suite.ts'
import { openPostgresStore } from '../../../src/store/postgres/postgres-store.ts'

let database: HostileDatabase
before(async () => {
  database = await hostileDatabase()
})
after(() => database.drop())

storeConformance('PostgreSQL', async (): Promise<Harness> => {
  const place = await database.place()
  let store = await openPostgresStore(place.url)
  return {
    get store() {
      return store
    },
    // Closing releases nothing: leased deliveries stay leased. Other tests check that a kill leaves the same state.
    async reopen() {
      await store.close()
      store = await openPostgresStore(place.url)
      return store
    },
    async damage(statement) {
      await place.run(statement)
    },
    async dispose() {
      await store.close()
      await place.drop()
    },
  }
})
