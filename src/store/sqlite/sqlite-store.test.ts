// The suite of all engines, on SQLite. Each case has its own file.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Harness, storeConformance } from '../../../test/conformance/store/suite.ts'
import { newSqlite } from '../../../test/support/new-sqlite.ts'
import { openSqliteStore } from './sqlite-store.ts'

storeConformance('SQLite', async (): Promise<Harness> => {
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-store-'))
  const path = join(folder, 'posthorn.db')
  newSqlite(path)
  let store = await openSqliteStore(path)
  return {
    get store() {
      return store
    },
    // Closing releases nothing: leased deliveries stay leased. Other tests check that a kill leaves the same state.
    async reopen() {
      await store.close()
      store = await openSqliteStore(path)
      return store
    },
    async damage(statement) {
      const database = new DatabaseSync(path)
      database.exec(statement)
      database.close()
    },
    async dispose() {
      await store.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
})
