// Two nodes under load on a primary with a streaming standby. The primary is killed, the standby is promoted, and the
// address of the database leads to it. With synchronous replication no accepted event is missing. Without it, the events
// that the standby had not received are missing, and no others.

import assert from 'node:assert/strict'
import { suite, test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openGate } from '../support/gate.ts'
import type { PostBook } from '../support/post-book.ts'
import { type PostgresServer, queryOnce, startPostgres } from '../support/postgres-server.ts'
import { loadMs, type Takeover, takeOverUnderLoad } from '../support/takeover.ts'

/** A commit that waits for the lost primary is given up after `limits.storeAnswerMs`. */
const wellMsMax = 30_000
const timeout = 180_000
const portOf = ({ url }: PostgresServer): number => Number(new URL(url).port)

void suite('the primary is lost, and its standby is promoted', { concurrency: 2 }, () => {
  void test('with synchronous replication: no accepted event is lost', { timeout }, async (t) => {
    const { missing, accepted, verdict } = await failOver(t, { synchronous_standby_names: '*' }, async () => {})
    assert.deepEqual(missing, [])
    assert.deepEqual(verdict.problems.slice(0, 20), [])
    assert.ok(accepted > 100, `only ${accepted} events were accepted`)
  })

  void test('without it: the events that the standby had not received are lost', { timeout }, async (t) => {
    let lastReplicated = 0
    const { missing, accepted } = await failOver(t, {}, async (book, cutOffStandby) => {
      lastReplicated = book.posts.length
      await cutOffStandby()
      await sleep(loadMs)
    })
    assert.ok(missing.length > 0, 'the standby had received every event')
    assert.ok(missing.length < accepted / 2, `${missing.length} of ${accepted} events are lost`)
    // Posts that ran when the standby was cut off may be among the lost ones.
    const atOnce = 20
    assert.ok(
      (missing[0] ?? 0) > lastReplicated - atOnce,
      `event ${missing[0]} was accepted before the standby was cut off`,
    )
  })
})

/**
 * @param settings of the primary
 * @param before runs before the primary is killed
 */
async function failOver(
  t: TestContext,
  settings: Readonly<Record<string, string>>,
  before: (book: PostBook, cutOffStandby: () => Promise<void>) => Promise<void>,
): Promise<Takeover> {
  const { primary, standby, replication } = await startPair(t, settings)
  const address = await openGate(portOf(primary))
  t.after(() => address.close())
  const url = Object.assign(new URL(primary.url), { port: String(address.port) }).href
  return takeOverUnderLoad(t, {
    url,
    wellMsMax,
    async act(book) {
      await before(book, () => replication.set('refusing'))
      await primary.kill()
      await queryOnce(standby.url, 'SELECT pg_promote()')
      address.lead(portOf(standby))
    },
  })
}

/** A primary and its standby, which reaches it through the gate `replication`. */
async function startPair(t: TestContext, settings: Readonly<Record<string, string>>) {
  const primary = await startPostgres({ settings })
  t.after(() => primary.remove())
  await primary.stop('fast')
  const replication = await openGate(portOf(primary))
  t.after(() => replication.close())
  const { username, password } = new URL(primary.url)
  const primaryConnection = `host=127.0.0.1 port=${replication.port} user=${username} password=${password}`
  const standby = await startPostgres({ standbyOf: primary, settings: { primary_conninfo: primaryConnection } })
  t.after(() => standby.remove())
  await primary.start()
  const giveUpAt = Date.now() + wellMsMax
  while ((await queryOnce(primary.url, `SELECT FROM pg_stat_replication WHERE state = 'streaming'`)).length === 0) {
    assert.ok(Date.now() < giveUpAt, 'the standby does not follow the primary')
    await sleep(50)
  }
  return { primary, standby, replication }
}
