// Publishing through the real clients, in transactions that are committed and rolled back.

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { drizzle as drizzleOfPg } from 'drizzle-orm/node-postgres'
import { drizzle as drizzleOfPostgres } from 'drizzle-orm/postgres-js'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import postgres from 'postgres'
import { prismaClient } from '../../test/support/prisma-client.ts'
import { type TestDatabase, testDatabase } from '../../test/support/test-database.ts'
import { acme } from '../../test/conformance/store/samples.ts'
import { addTenants } from '../../test/conformance/store/steps.ts'
import { openPostgresStore } from '../store/postgres/postgres-store.ts'
import { type PostgresqlTransaction, publishInTransaction } from './transactional-publish.ts'

const event = {
  tenant: acme,
  type: `it's`,
  data: { text: `' " \\ $1 ? :a {0} %s -- ä\u{1f600}\n`, none: null, number: 1.5 },
  id: 'one',
  attributes: { a: `\\'` },
  occurredAt: new Date('2025-01-02T03:04:05.678Z'),
  retainSeconds: 60,
}

const noTransaction = { name: 'PosthornError', code: 'invalid_option' }

/** A client with a table of its own: runs `action` in a transaction, which is rolled back if `action` rejects. */
interface Client {
  inTransaction(action: (transaction: PostgresqlTransaction) => Promise<void>): Promise<unknown>
  /** Publishes outside a transaction. */
  readonly outside: PostgresqlTransaction
  close(): Promise<unknown>
}

const clients: Readonly<Record<string, (url: string) => Client>> = {
  pg(url) {
    const pool = new pg.Pool({ connectionString: url })
    return {
      async inTransaction(action) {
        const client = await pool.connect()
        try {
          await client.query('BEGIN')
          await action(client)
          await client.query('COMMIT')
        } catch (error) {
          await client.query('ROLLBACK')
          throw error
        } finally {
          client.release()
        }
      },
      outside: pool,
      close: () => pool.end(),
    }
  },
  postgres(url) {
    const sql = postgres(url)
    const outside = sql as unknown as PostgresqlTransaction
    return {
      inTransaction: (action) => sql.begin((transaction) => action(transaction)),
      outside,
      close: () => sql.end(),
    }
  },
  Kysely(url) {
    const db = new Kysely({ dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: url }) }) })
    const outside = db as unknown as PostgresqlTransaction
    return { inTransaction: (action) => db.transaction().execute(action), outside, close: () => db.destroy() }
  },
  'Drizzle with pg'(url) {
    const pool = new pg.Pool({ connectionString: url })
    const db = drizzleOfPg(pool)
    const outside = db as unknown as PostgresqlTransaction
    return { inTransaction: (action) => db.transaction(action), outside, close: () => pool.end() }
  },
  'Drizzle with postgres'(url) {
    const sql = postgres(url)
    const db = drizzleOfPostgres(sql)
    const outside = db as unknown as PostgresqlTransaction
    return { inTransaction: (action) => db.transaction(action), outside, close: () => sql.end() }
  },
  Prisma(url) {
    const client = prismaClient(url)
    return {
      inTransaction: (action) => client.$transaction(action),
      outside: client,
      close: () => client.$disconnect(),
    }
  },
}

suite('an event is published in a transaction', () => {
  let database: TestDatabase
  let reader: pg.Client
  let schema = ''
  let url = ''
  before(async () => {
    database = await testDatabase()
    schema = new URL(database.url).searchParams.get('schema') ?? ''
    url = database.url.split('?')[0] ?? ''
    const store = await openPostgresStore(database.url)
    await addTenants(store, acme)
    await store.close()
    reader = new pg.Client({ connectionString: url })
    await reader.connect()
  })
  after(async () => {
    await reader.end()
    await database.drop()
  })

  for (const [name, connect] of Object.entries(clients)) {
    test(`of ${name}`, async (t) => {
      const client = connect(url)
      t.after(() => client.close())
      await assert.rejects(
        client.inTransaction(async (transaction) => {
          await publishInTransaction(transaction, schema, event)
          throw new Error('roll back')
        }),
        /roll back/,
      )
      await assert.rejects(publishInTransaction(client.outside, schema, event), noTransaction)
      await client.inTransaction((transaction) => publishInTransaction(transaction, schema, event))
      await client.inTransaction((transaction) =>
        publishInTransaction(transaction, schema, { tenant: acme, type: 'a', data: {} }),
      )
      const { rows } = await reader.query(
        `WITH gone AS (DELETE FROM ${schema}.outbox RETURNING *)
         SELECT tenant, type, data, id, occurred_at, attributes, retain_seconds FROM gone ORDER BY key`,
      )
      const plain = { id: null, occurred_at: null, attributes: null, retain_seconds: null }
      assert.deepEqual(rows, [
        {
          tenant: acme,
          type: event.type,
          data: JSON.stringify(event.data),
          id: 'one',
          occurred_at: String(event.occurredAt.getTime()),
          attributes: JSON.stringify(event.attributes).replace(':', ': '),
          retain_seconds: '60',
        },
        { tenant: acme, type: 'a', data: '{}', ...plain },
      ])
      await assert.rejects(
        client.inTransaction((transaction) => publishInTransaction(transaction, schema, { ...event, tenant: 'none' })),
        // Drizzle and Prisma have errors of their own, with the driver's as the cause or in the text.
        (error: Error) => /there is no tenant none/.test(`${error.message} ${String(error.cause)}`),
      )
    })
  }

  test('of a client of pg only after its BEGIN', async () => {
    await assert.rejects(publishInTransaction(reader, schema, event), noTransaction)
  })

  test('of no other client', async () => {
    for (const other of [{}, { query: 1 }, undefined, null, 'BEGIN']) {
      await assert.rejects(
        publishInTransaction(other as unknown as PostgresqlTransaction, schema, event),
        noTransaction,
      )
    }
  })
})
