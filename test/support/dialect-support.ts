// What the suite of dialects runs on: real servers, on either database.

import type { Support } from '../conformance/dialects/support.ts'
import { startReceiver } from './receiver.ts'
import { createInstallation, startServer } from './server-process.ts'
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

/** By the folder of their installation. */
const databases = new Map<string, string>()
