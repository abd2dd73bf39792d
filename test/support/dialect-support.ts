// For the conformance suite of dialects: real servers on either database.

import type { Profile } from '../conformance/dialects/profile.ts'
import type { Support } from '../conformance/dialects/support.ts'
import { DefinedDialect } from '../../src/dialect-kit/define-dialect.ts'
import { registry } from '../../src/dialects/registry.ts'
import { startReceiver } from './receiver.ts'
import { createInstallation, startServer } from './server-process.ts'
import { isLong } from './size.ts'
import { testDatabase } from './test-database.ts'

export const onSqlite: Support = { database: 'SQLite', createInstallation, startServer, startReceiver }

export const onPostgres: Support = {
  database: 'PostgreSQL',
  async createInstallation() {
    const [installation, database] = await Promise.all([createInstallation(), testDatabase()])
    databases.set(installation.folder, database.url)
    return {
      ...installation,
      async remove() {
        await installation.remove()
        await database.drop()
      },
    }
  },
  startServer: (installation, env) =>
    startServer(installation, { ...env, POSTHORN_DATABASE: databases.get(installation.folder) ?? '' }),
  startReceiver,
}

/** The URL of each installation's database, by the installation's folder. */
const databases = new Map<string, string>()

/** The dialect that `npm test` tests on PostgreSQL too: the first one with idempotency keys. */
const onBothDatabases = registry.find((one) => one instanceof DefinedDialect && one.definition.idempotencyKeys)?.dialect

/** The databases to test a dialect on: `npm test` tests on SQLite, `npm run test:long` tests on PostgreSQL. */
export function databasesFor({ dialect }: Profile): readonly Support[] {
  if (isLong) return [onPostgres]
  return dialect === onBothDatabases ? [onSqlite, onPostgres] : [onSqlite]
}
