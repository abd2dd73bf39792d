// Publishing in transactions of a caller on SQLite, whose file is not Posthorn's.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { contextOf } from '../../test/support/context.ts'
import { createRig, ok, type Rig, tenant } from '../../test/support/engine-rig.ts'
import { standard } from '../dialects/standard/standard.ts'
import type { Context } from '../operations/context.ts'
import { publishEvents } from '../operations/publish-event.ts'
import { SqliteOutbox } from './sqlite-outbox.ts'

interface Site {
  readonly rig: Rig
  readonly context: Context
  readonly path: string
  readonly failures: unknown[]
  readonly problems: string[]
  readonly open: () => { readonly database: DatabaseSync; readonly outbox: SqliteOutbox }
}

async function startSite(t: TestContext): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-caller-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const rig = await createRig(t)
  rig.sender.respond = () => ok
  await rig.addEndpoint('/')
  const [context, path, failures, problems] = [contextOf(rig), join(folder, 'shop.db'), [] as unknown[], [] as string[]]
  return {
    rig,
    context,
    path,
    failures,
    problems,
    open() {
      const database = new DatabaseSync(path)
      database.exec('PRAGMA journal_mode = WAL; CREATE TABLE IF NOT EXISTS invoices (number INTEGER)')
      const outbox = new SqliteOutbox(database, context, {
        setAside: (_event, problem) => problems.push(problem),
        failed: (error) => failures.push(error),
      })
      t.after(() => outbox.stop(0).then(() => database.isOpen && database.close()))
      return { database, outbox }
    },
  }
}

const eventOf = (number: number) => ({ tenant, type: 'invoice.paid', data: { number } })

/** The numbers of the events in the table. */
function left(database: DatabaseSync): unknown[] {
  return database
    .prepare(`SELECT event ->> '$.data.number' AS number FROM posthorn_outbox ORDER BY key`)
    .all()
    .map(({ number }) => number)
}

const sentNumbers = ({ sender }: Rig): number[] =>
  sender.sent.map(({ request }) => Number(/"number":(\d+)/.exec(request.body.toString())?.[1]))

test('a rollback leaves nothing; after a commit the event is sent, and removed from the table', async (t) => {
  const { rig, open, failures } = await startSite(t)
  const { database, outbox } = open()
  assert.throws(() => outbox.publish(eventOf(0)), { code: 'invalid_option' })
  database.exec('BEGIN; INSERT INTO invoices VALUES (1)')
  outbox.publish(eventOf(1))
  database.exec('ROLLBACK; BEGIN; INSERT INTO invoices VALUES (2)')
  outbox.publish(eventOf(2))
  // The transaction stays open for a while.
  await sleep(50)
  assert.deepEqual(sentNumbers(rig), [])
  database.exec('COMMIT')
  await rig.until(() => rig.sender.sent.length === 1, 'the event is sent')
  assert.deepEqual(sentNumbers(rig), [2])
  await rig.until(() => left(database).length === 0, 'the event is removed')
  assert.deepEqual(failures, [])
})

test('an event is published once, whenever the process ends between its commit and its removal', async (t) => {
  const { rig, context, path, open } = await startSite(t)
  const first = open()
  first.database.exec('BEGIN')
  first.outbox.publish(eventOf(1))
  first.outbox.publish({ ...eventOf(2), id: 'two' })
  first.database.exec('COMMIT')
  // As after a kill: the events are committed, and nothing else has happened.
  first.database.close()
  await first.outbox.stop(0)

  // As after a kill behind the commit of Posthorn: the ids are stored, the events are published, and the rows are there.
  const between = new DatabaseSync(path)
  between.exec(`UPDATE posthorn_outbox SET id = 'one' WHERE key = 1`)
  const rows = between.prepare('SELECT id, event FROM posthorn_outbox').all() as { id: string; event: string }[]
  const inputs = rows.map(({ id, event }) => {
    const { data, ...fields } = JSON.parse(event) as ReturnType<typeof eventOf>
    return { ok: true, value: { ...fields, id, data: JSON.stringify(data) } } as const
  })
  await publishEvents(context, inputs)
  between.close()

  const { database } = open()
  await rig.until(() => left(database).length === 0, 'the events are removed')
  await sleep(50)
  assert.deepEqual(
    sentNumbers(rig).toSorted((a, b) => a - b),
    [1, 2],
  )
})

test('a kill -9 after the commit loses nothing', async (t) => {
  const { rig, path, open } = await startSite(t)
  const script = `
    import { DatabaseSync } from 'node:sqlite'
    import { SqliteOutbox } from ${JSON.stringify(import.meta.resolve('./sqlite-outbox.ts'))}
    const database = new DatabaseSync(${JSON.stringify(path)})
    database.exec('PRAGMA journal_mode = WAL; BEGIN')
    const outbox = new SqliteOutbox(database, { clock: { now: () => Date.now() } }, {})
    outbox.publish(${JSON.stringify(eventOf(1))})
    database.exec('COMMIT; BEGIN')
    outbox.publish(${JSON.stringify(eventOf(2))})
    process.kill(process.pid, 'SIGKILL')`
  const { signal, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  assert.equal(signal, 'SIGKILL', stderr)
  const { database } = open()
  await rig.until(() => rig.sender.sent.length === 1, 'the event is sent')
  await rig.until(() => left(database).length === 0, 'the event is removed')
  assert.deepEqual(sentNumbers(rig), [1])
})

test('an event that cannot be accepted is set aside and blocks no other; ids have the form of the dialect', async (t) => {
  const { rig, problems, open } = await startSite(t)
  const { database, outbox } = open()
  database.exec('BEGIN')
  outbox.publish({ ...eventOf(1), tenant: 'unknown' })
  for (let number = 2; number < 300; number++) outbox.publish(eventOf(number))
  database.exec('COMMIT')
  await rig.until(() => left(database).length === 1, 'all others are removed')
  assert.deepEqual(problems, ['tenant is not known: unknown'])
  assert.deepEqual(left(database), [1])
  assert.equal(new Set(sentNumbers(rig)).size, 298)
  const form = standard.newEventId(0, (count) => new Uint8Array(count)).replace(/[^_]+$/, '')
  const { rows } = await rig.store.listEvents({ tenant, type: null, from: null, to: null }, { limit: 5, after: null })
  for (const { id } of rows) assert.ok(id.startsWith(form), id)
})
