// The statements and the code of docs/transactions.md, as they are written there.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { sql as drizzleSql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { Kysely, PostgresDialect, sql as kyselySql } from 'kysely'
import pg from 'pg'
import postgres from 'postgres'
import { createPosthorn } from '../src/library/index.ts'
import { repository } from './support/documented.ts'
import { startNodes } from './support/nodes.ts'
import { prismaClient } from './support/prisma-client.ts'
import { startReceiver } from './support/receiver.ts'
import { ownDatabase } from './support/test-database.ts'

/** The blocks of a language. */
function blocksIn(language: string): string[] {
  const page = readFileSync(join(repository, 'docs/transactions.md'), 'utf8')
  return Array.from(page.matchAll(new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``, 'g')), ([, code = '']) => code)
}

/** The objects that the code of each client uses. */
function namesFor(t: TestContext, client: string, url: string): Promise<Readonly<Record<string, unknown>>> {
  const pool = new pg.Pool({ connectionString: url })
  t.after(() => pool.end())
  const connected = async () => {
    const own = new pg.Client({ connectionString: url })
    await own.connect()
    t.after(() => own.end())
    return own
  }
  const makers: Readonly<
    Record<string, () => Readonly<Record<string, unknown>> | Promise<Readonly<Record<string, unknown>>>>
  > = {
    pg: async () => ({ client: await connected() }),
    posthorn: async () => ({
      client: await connected(),
      posthorn: await createPosthorn({ database: url, masterKey: randomBytes(32).toString('base64') }),
    }),
    postgres() {
      const sql = postgres(url)
      t.after(() => sql.end())
      return { sql }
    },
    Kysely: () => ({ db: new Kysely({ dialect: new PostgresDialect({ pool }) }), sql: kyselySql }),
    Drizzle: () => ({ db: drizzle(pool), sql: drizzleSql }),
    Prisma() {
      const prisma = prismaClient(url)
      t.after(() => prisma.$disconnect())
      return { prisma }
    },
  }
  const make = makers[client]
  assert.ok(make !== undefined, `no client ${client}`)
  return Promise.resolve(make())
}

void test('the page about transactions runs as it is written', { timeout: 60_000 }, async (t) => {
  const database = await ownDatabase()
  const url = database.url.split('?')[0] ?? ''
  const receiver = await startReceiver()
  const nodes = await startNodes(1, url)
  const admin = new pg.Client({ connectionString: url })
  await admin.connect()
  t.after(async () => {
    await admin.query('DROP OWNED BY shop; DROP ROLE shop')
    await admin.end()
    await nodes.close()
    await receiver.close()
    await database.drop()
  })
  const { client } = nodes.at(0)
  await client.createTenant({ id: 'acme', dialect: 'standard' })
  await client.createEndpoint('acme', { url: receiver.url, eventTypes: ['*'] })
  await admin.query(
    `CREATE ROLE shop LOGIN PASSWORD 'shop'; CREATE TABLE invoices (id text, paid boolean);
     INSERT INTO invoices VALUES ('inv_1', false); GRANT ALL ON invoices TO shop`,
  )
  const [publish = '', grant = '', correct = '', ...more] = blocksIn('sql')
  assert.deepEqual(more, [])
  await admin.query(grant)
  const shopUrl = Object.assign(new URL(url), { username: 'shop', password: 'shop' }).href
  const shop = new pg.Client({ connectionString: shopUrl })
  await shop.connect()
  await shop.query(publish)
  await shop.end()
  await receiver.untilReceived(1)
  let arrivals = 1
  const code = blocksIn('js')
  assert.equal(code.length, 6)
  for (const block of code) {
    const [, name = ''] = /^\/\/ (.+)\n/.exec(block) ?? []
    await t.test(`with ${name}`, async (st) => {
      const names = await namesFor(st, name, shopUrl)
      // oxlint-disable-next-line typescript/no-implied-eval
      const run = new Function(...Object.keys(names), `return (async () => {${block}})()`) as (
        ...values: unknown[]
      ) => Promise<void>
      await run(...Object.values(names))
      const requests = await receiver.untilReceived(++arrivals)
      assert.match(requests.at(-1)?.body.toString() ?? '', /"invoice": ?"inv_1"/)
    })
  }
  await admin.query(correct)
  await admin.query(`SELECT posthorn.posthorn_publish('acme', 'invoice.paid', '{}', id => 'inv_1_paid')`)
})
