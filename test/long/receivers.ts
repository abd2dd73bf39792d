// 100 bad receivers of every kind beside 900 good ones: the time from 202 to arrival at the good ones, at a fixed rate,
// on a server that has the bad ones too, held against one that has not. The two are measured in turn and stand still
// meanwhile; the first pair warms up. `npm run test:receivers`

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startLoadBench } from '../../bench/load-run.ts'
import { type Side, startSide } from '../../bench/side.ts'
import { summarize } from '../../bench/statistics.ts'
import { startBadReceivers } from '../support/bad-receivers.ts'
import { startFlapping } from '../support/flapping.ts'
import { createOperatorClient, expectStatus, type OperatorClient } from '../support/operator-client.ts'

const [goodEndpoints, badEndpoints] = [900, 100]
/** Of good events. */
const perSecond = 450
/** An event for one bad endpoint after the other, so that each endpoint has as much as any other. */
const badEveryMs = 20
const warmUpMs = 2000
const [connections, durationMs, pairs] = [256, 10_000, 5]
const ratioMax = 1.2
const badTenant = 'bad'

test('100 bad receivers do not delay 900 good ones', { timeout: 600_000 }, async (t) => {
  const bench = await startLoadBench()
  const receivers = await startBadReceivers()
  const flapping = await startFlapping(5000)
  const say = (line: string): void => t.diagnostic(line)
  const urls = [...receivers.all.map(({ url }) => url), flapping.url]
  const shared = { database: 'sqlite', receiverPort: bench.receiverPort, endpoints: goodEndpoints } as const
  const quiet = await startSide(shared, say)
  const beside = await startSide({ ...shared, register: (client) => registerBad(client, urls) }, say)
  t.after(async () => {
    bench.end()
    await Promise.all([quiet.end(), beside.end(), receivers.close(), flapping.close()])
  })

  const p99Ms = async ({ port, requests }: Side): Promise<number> =>
    (await bench.runPaced({ port, requests, connections, perSecond, durationMs })).p99
  const ratios: number[] = []
  for (let pair = 0; pair <= pairs; pair++) {
    const quietMs = await quiet.during(() => p99Ms(quiet))
    const besideMs = await beside.during(async () => {
      const endBad = postBad(beside)
      await sleep(warmUpMs)
      const ms = await p99Ms(beside)
      await endBad()
      return ms
    })
    say(`p99 ${quietMs.toFixed(2)} ms without, ${besideMs.toFixed(2)} ms with them${pair === 0 ? ' (warming up)' : ''}`)
    if (pair > 0) ratios.push(besideMs / quietMs)
  }
  const { median, min, max } = summarize(ratios)
  say(`ratio ${median.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)}), at most ${ratioMax}`)
  assert.ok(median <= ratioMax, `${median}`)
})

async function registerBad(client: OperatorClient, urls: readonly string[]): Promise<void> {
  await client.createTenant({ id: badTenant, dialect: 'dialnexa' })
  for (let n = 0; n < badEndpoints; n++) {
    await client.createEndpoint(badTenant, { url: urls[n % urls.length] ?? '', eventTypes: [badType(n)] })
  }
}

/** What the bad endpoint of this number alone wants. */
function badType(n: number): string {
  return `bad.${n}`
}

/** Posts events to the bad endpoints until the function that it gives is called. */
function postBad({ port, requests }: Side): () => Promise<void> {
  const operatorKey = /^authorization: Bearer (.+)$/m.exec(requests[0] ?? '')?.[1] ?? ''
  const client = createOperatorClient(`http://127.0.0.1:${port}`, operatorKey.trim())
  const posts: Promise<unknown>[] = []
  const post = async (n: number): Promise<unknown> =>
    expectStatus(await client.postEvent({ tenant: badTenant, type: badType(n % badEndpoints), data: {} }), 202)
  const timer = setInterval(() => posts.push(post(posts.length)), badEveryMs)
  return async () => {
    clearInterval(timer)
    await Promise.all(posts)
    await client.close()
  }
}
