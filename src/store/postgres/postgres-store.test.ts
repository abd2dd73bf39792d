// The suite of all engines, on PostgreSQL. Each case has its own schema.

import { testDatabase } from '../../../test/support/test-database.ts'
import { type Harness, storeConformance } from '../../../test/conformance/store/suite.ts'
import { openPostgresStore } from './postgres-store.ts'

storeConformance('PostgreSQL', async (): Promise<Harness> => {
  const place = await testDatabase()
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
