// For the conformance suite of dialects: real servers on either database.

import type { Profile } from '../conformance/dialects/profile.ts'
import type { Support } from '../conformance/dialects/support.ts'
import { DefinedDialect } from '../../src/dialect-kit/define-dialect.ts'
import { registry } from '../../src/dialects/registry.ts'
import { startReceiver } from './receiver.ts'
import { createInstallation, startServer } from './server-process.ts'
import { sharedService } from './shared-service.ts'
import { isLong } from './size.ts'
import { testDatabase } from './test-database.ts'

export const onSqlite: Support = { database: 'SQLite', service: sharedService, startReceiver }

export const onPostgres: Support = {
  database: 'PostgreSQL',
  async service(env) {
    const [installation, database] = await Promise.all([createInstallation(), testDatabase()])
    const server = await startServer(installation, { ...env, POSTHORN_DATABASE: database.url })
    return {
      ...installation,
      url: server.url,
      async close() {
        await server.stop()
        await installation.remove()
        await database.drop()
      },
    }
  },
  startReceiver,
}

/** The dialect that `npm test` tests on PostgreSQL too: the first one with idempotency keys. */
const onBothDatabases = registry.find((one) => one instanceof DefinedDialect && one.definition.idempotencyKeys)?.dialect

/** The databases to test a dialect on: `npm test` tests on SQLite, `npm run test:long` tests on PostgreSQL. */
export function databasesFor({ dialect }: Profile): readonly Support[] {
  if (isLong) return [onPostgres]
  return dialect === onBothDatabases ? [onSqlite, onPostgres] : [onSqlite]
}
