// The simulated database passes the conformance suite that every store passes.

import { type Harness, storeConformance } from '../conformance/store/suite.ts'
import { StoreUnavailable, type Store } from '../../src/contracts/store.ts'
import { install, openFile } from './database.ts'
import type { Roles } from './roles.ts'

storeConformance('the simulated database', async (): Promise<Harness> => {
  const { db, close } = openFile()
  let now = Date.UTC(2026, 0, 1)
  // A clock that never shows the same time twice, like the clock of a real server.
  const roles = install(db, { now: () => ++now, tell: () => {} })
  let store = storeOf(roles)
  return {
    get store() {
      return store
    },
    async reopen() {
      await store.close()
      return (store = storeOf(roles))
    },
    async damage(statement) {
      db.exec(statement)
    },
    async dispose() {
      close()
    },
  }
})

function storeOf(roles: Roles): Store {
  let closed = false
  const calls = Object.entries(roles) as [string, (...args: never[]) => unknown][]
  const methods = calls.map(([name, call]) => [
    name,
    async (...args: never[]): Promise<unknown> => {
      if (closed) throw new StoreUnavailable('the database is closed')
      return call.apply(roles, args)
    },
  ])
  const close = async (): Promise<void> => void (closed = true)
  return { ...Object.fromEntries(methods), shared: true, quotas: null, listen() {}, close } as Store
}
