// 100 bad receivers of every kind beside 900 good ones: the time from the 202 to the arrival at the good receivers, at
// a fixed rate. It is compared with a server where the 100 are good too and get the same events. The two servers are
// measured in turn, and the one that is not measured is paused. The first pair warms up. `npm run test:receivers`

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startLoadBench } from '../../bench/load-run.ts'
import { type Side, startSide } from '../../bench/side.ts'
import { summarize } from '../../bench/statistics.ts'
import { startBadReceivers } from '../support/bad-receivers.ts'
import { startFlapping } from '../support/flapping.ts'
import { createOperatorClient, expectStatus, type OperatorClient } from '../support/operator-client.ts'
import { startReceiver } from '../support/receiver.ts'

const [goodEndpoints, otherEndpoints] = [900, 100]
/** The rate of events for the good endpoints. */
const perSecond = 450
/** The other endpoints get events in turn, at a rate that gives every endpoint of the server the same load. */
const otherEveryMs = 20
const warmUpMs = 2000
const [connections, durationMs, pairs] = [256, 10_000, 9]
const ratioMax = 1.2
const otherTenant = 'other'

test('100 bad receivers do not delay 900 good ones', { timeout: 600_000 }, async (t) => {
  const bench = await startLoadBench()
  const receivers = await startBadReceivers()
  const flapping = await startFlapping(5000)
  const say = (line: string): void => t.diagnostic(line)
  const urls = [...receivers.all.map(({ url }) => url), flapping.url]
  const fine = await startReceiver()
  const shared = { database: 'sqlite', receiverPort: bench.receiverPort, endpoints: goodEndpoints } as const
  const quiet = await startSide({ ...shared, register: (client) => registerOthers(client, [fine.url]) }, say)
  const beside = await startSide({ ...shared, register: (client) => registerOthers(client, urls) }, say)
  t.after(async () => {
    bench.end()
    await Promise.all([quiet.end(), beside.end(), receivers.close(), flapping.close(), fine.close()])
  })

  const p99Ms = (side: Side): Promise<number> =>
    side.during(async () => {
      const { port, requests } = side
      const endOthers = postOthers(side)
      await sleep(warmUpMs)
      const { p99 } = await bench.runPaced({ port, requests, connections, perSecond, durationMs })
      await endOthers()
      return p99
    })
  const ratios: number[] = []
  for (let pair = 0; pair <= pairs; pair++) {
    const quietMs = await p99Ms(quiet)
    const besideMs = await p99Ms(beside)
    say(
      `p99 ${quietMs.toFixed(2)} ms beside good receivers, ${besideMs.toFixed(2)} ms beside bad ones` +
        (pair === 0 ? ' (warm-up)' : ''),
    )
    if (pair > 0) ratios.push(besideMs / quietMs)
  }
  const { median, min, max } = summarize(ratios)
  say(`ratio ${median.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)}), at most ${ratioMax}`)
  assert.ok(median <= ratioMax, `the median ratio is ${median}`)
})

async function registerOthers(client: OperatorClient, urls: readonly string[]): Promise<void> {
  await client.createTenant({ id: otherTenant, dialect: 'dialnexa' })
  for (let n = 0; n < otherEndpoints; n++) {
    await client.createEndpoint(otherTenant, { url: urls[n % urls.length] ?? '', eventTypes: [otherType(n)] })
  }
}

/** The event type that only the other endpoint of this number wants. */
function otherType(n: number): string {
  return `other.${n}`
}

/** Posts events for the other endpoints until the returned function is called. */
function postOthers({ port, requests }: Side): () => Promise<void> {
  const operatorKey = /^authorization: Bearer (.+)$/m.exec(requests[0] ?? '')?.[1] ?? ''
  const client = createOperatorClient(`http://127.0.0.1:${port}`, operatorKey.trim())
  const posts: Promise<unknown>[] = []
  const post = async (n: number): Promise<unknown> =>
    expectStatus(await client.postEvent({ tenant: otherTenant, type: otherType(n % otherEndpoints), data: {} }), 202)
  const timer = setInterval(() => posts.push(post(posts.length)), otherEveryMs)
  return async () => {
    clearInterval(timer)
    await Promise.all(posts)
    await client.close()
  }
}
