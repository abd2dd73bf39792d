// The statements, the code and the commands of docs/transactions.md, as they are written there. test/library/library-page.long.ts runs
// the code for SQLite.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import { sql as drizzleSql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { Kysely, PostgresDialect, sql as kyselySql } from 'kysely'
import pg from 'pg'
import postgres from 'postgres'
import { createPosthorn } from '../src/library/index.ts'
import { until } from './support/api-rig.ts'
import { commandLines, newcomerEnv, snippets, withoutCurl } from './support/documented.ts'
import { type Nodes, startNodes } from './support/nodes.ts'
import { prismaClient } from './support/prisma-client.ts'
import { startReceiver } from './support/receiver.ts'
import { ownDatabase } from './support/test-database.ts'

const page = 'docs/transactions.md'

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
  const [publish = '', grant = '', correct = '', ...more] = snippets(page, 'sql')
  assert.deepEqual(more, [])
  await admin.query(grant)
  const shopUrl = Object.assign(new URL(url), { username: 'shop', password: 'shop' }).href
  const shop = new pg.Client({ connectionString: shopUrl })
  await shop.connect()
  await shop.query(publish)
  await shop.end()
  await receiver.untilReceived(1)
  let arrivals = 1
  const code = snippets(page, 'js')
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
  await t.test('with events that are set aside', { skip: withoutCurl }, () => setAside(nodes, admin, correct))
})

/** Tries an event that cannot be accepted again, corrects it, and deletes another one. */
async function setAside(nodes: Nodes, admin: pg.Client, correct: string): Promise<void> {
  const [setKey = '', list = '', retry = '', remove = '', ...more] = commandLines(
    page,
    'Events that cannot be accepted',
  )
  assert.deepEqual(more, [])
  const { server, client } = nodes.at(0)
  const run = async (line: string): Promise<string> => {
    const env = { ...newcomerEnv, POSTHORN_OPERATOR_KEY: nodes.installation.operatorKey }
    const script = `set -e\nexport POSTHORN_PORT=${server.port}\n${setKey}\n${line.replace('-s ', '-sf ')}`
    return (await promisify(execFile)('bash', ['-c', script], { env })).stdout
  }
  const publish = (type: string) =>
    admin.query(`SELECT posthorn.posthorn_publish('acme', '${type}', '{}', id => 'inv_1_paid')`)
  const listed = async (): Promise<number[]> =>
    (JSON.parse(await run(list)) as { readonly data: { readonly number: number }[] }).data.map(({ number }) => number)
  const accepted = async (): Promise<boolean> => (await client.call('GET', '/v1/events/inv_1_paid')).status === 200

  await publish('invoice.paid')
  await until(accepted, 'the event is accepted')
  // The id was used for another type.
  await publish('invoice.payed')
  await until(async () => (await listed()).length === 1, 'the event is set aside')
  const [first = 0] = await listed()
  await run(retry.replace('17', String(first)))
  await until(async () => (await listed()).includes(first), 'the event is set aside again')
  await admin.query(correct.replace('17', String(first)))
  await until(async () => (await listed()).length === 0, 'the event is a repeat')
  await publish('invoice.payed')
  await until(async () => (await listed()).length === 1, 'the next event is set aside')
  await run(remove.replace('17', String((await listed())[0])))
  assert.deepEqual(await listed(), [])
}
