// A database that is as unlike the databases of other tests as an operator's may be: its collation is Turkish, and its
// user is an ordinary role that owns only its schemas and for which every setting has a hostile value.

import { randomBytes } from 'node:crypto'
import { queryOnce } from './postgres-server.ts'
import { sharedServer, type TestDatabase } from './test-database.ts'

/**
 * A connection with such a value fails, or its statements return something else or take too long. A busy machine has the
 * time to set another value.
 */
const hostileSettings: Readonly<Record<string, string>> = {
  jit: 'on',
  jit_above_cost: '0',
  plan_cache_mode: 'force_custom_plan',
  default_transaction_isolation: 'serializable',
  default_transaction_read_only: 'on',
  statement_timeout: '1000',
  transaction_timeout: '1000',
  lock_timeout: '1',
  idle_in_transaction_session_timeout: '1',
  idle_session_timeout: '5000',
  search_path: 'pg_temp',
  TimeZone: 'Asia/Kathmandu',
  DateStyle: 'SQL, DMY',
  standard_conforming_strings: 'off',
  client_encoding: 'LATIN1',
  synchronous_commit: 'off',
  array_nulls: 'off',
  extra_float_digits: '-15',
  enable_indexscan: 'off',
  enable_indexonlyscan: 'off',
  enable_nestloop: 'off',
  enable_tidscan: 'off',
}

export interface HostileDatabase {
  /** Returns a new, empty schema of the role. `run` and `drop` use a superuser. */
  place(): Promise<TestDatabase>
  drop(): Promise<void>
}

export async function hostileDatabase(): Promise<HostileDatabase> {
  const serverUrl = await sharedServer()
  const name = `t_${randomBytes(8).toString('hex')}`
  await queryOnce(serverUrl, `CREATE ROLE ${name} LOGIN PASSWORD '${name}'`)
  const known = await queryOnce(serverUrl, 'SELECT name FROM pg_settings')
  for (const [setting, value] of Object.entries(hostileSettings)) {
    // Not every version has all of them.
    if (known.some((row) => row['name'] === setting))
      await queryOnce(serverUrl, `ALTER ROLE ${name} SET ${setting} = '${value}'`)
  }
  const collation = `LOCALE_PROVIDER icu ICU_LOCALE 'tr-TR' LOCALE 'C' ENCODING 'UTF8'`
  await queryOnce(serverUrl, `CREATE DATABASE ${name} TEMPLATE template0 ${collation}`)
  const adminUrl = Object.assign(new URL(serverUrl), { pathname: name }).href
  return {
    async place() {
      const schema = `t_${randomBytes(8).toString('hex')}`
      await queryOnce(adminUrl, `CREATE SCHEMA ${schema} AUTHORIZATION ${name}`)
      const url = Object.assign(new URL(adminUrl), { username: name, password: name, search: `schema=${schema}` })
      return {
        url: url.href,
        run: async (statement) => void (await queryOnce(adminUrl, `SET search_path TO ${schema}; ${statement}`)),
        drop: async () => void (await queryOnce(adminUrl, `DROP SCHEMA ${schema} CASCADE`)),
      }
    },
    async drop() {
      await queryOnce(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`)
      await queryOnce(serverUrl, `DROP ROLE ${name}`)
    },
  }
}
