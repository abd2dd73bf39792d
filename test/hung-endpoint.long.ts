// An endpoint never answers while ten thousand deliveries wait for it: another endpoint is not delayed, and memory does
// not grow with the number of deliveries that wait. The limit for the latency is generous and relative to a quiet run
// of the same server.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { eventType, fresh, startApiRig } from './support/api-rig.ts'
import { startReceiver } from './support/receiver.ts'

const rig = await startApiRig()
after(() => rig.close())
const hung = await startReceiver({ behave: () => ({ hang: true }) })
after(() => hung.close())

const tenant = await rig.tenant('standard')
const good = await rig.endpoint(tenant)
const hungEvents = 10_000
const batchEvents = 1000
const goodEvents = 500
const postersAtOnce = 4
const data = { text: 'x'.repeat(500) }

test('10,000 deliveries for an endpoint that hangs neither delay another endpoint nor fill the memory', async (t) => {
  await goodLatencyMs()
  const quietMs = await goodLatencyMs()
  const before = residentMib(rig.server.pid)

  await rig.endpoint(tenant, { url: `${hung.url}/hung`, eventTypes: ['hung'] })
  for (let posted = 0; posted < hungEvents; posted += batchEvents) {
    const events = Array.from({ length: batchEvents }, () => ({ tenant: tenant.id, type: 'hung', data }))
    const { results } = await rig.want(202, { method: 'POST', path: '/v1/events/batch', body: { events } })
    assert.ok(results.every((result) => result['deliveries'] === 1))
  }
  await hung.untilReceived(16)

  const besideMs = await goodLatencyMs()
  const grownMib = residentMib(rig.server.pid) - before
  t.diagnostic(
    `median latency: quiet ${quietMs.toFixed(1)} ms, beside the hung endpoint ${besideMs.toFixed(1)} ms; ` +
      `memory: ${grownMib.toFixed(0)} MiB more`,
  )
  assert.equal(hung.requests.length, 16, 'no attempt starts while 16 attempts hang')
  assert.ok(besideMs < quietMs * 5 + 25, `${besideMs} ms instead of ${quietMs} ms`)
  assert.ok(grownMib < 150, `${grownMib} MiB`)
})

/** The median time from the post of an event to its arrival. */
async function goodLatencyMs(): Promise<number> {
  const postedAt = new Map<string, number>()
  const count = (await rig.received(good.path, 0)).length
  const post = async (): Promise<void> => {
    while (postedAt.size < goodEvents) {
      const id = fresh('good')
      postedAt.set(id, Date.now())
      await rig.event(tenant, { type: eventType, id, data })
    }
  }
  await Promise.all(Array.from({ length: postersAtOnce }, post))
  const arrived = (await rig.received(good.path, count + goodEvents)).slice(count)
  const latencies = arrived.map(({ headers, receivedAt }) => {
    const at = postedAt.get(String(headers['webhook-id']))
    assert.ok(at !== undefined)
    return receivedAt - at
  })
  return latencies.toSorted((a, b) => a - b)[Math.floor(latencies.length / 2)] ?? Infinity
}

/** Resident memory in MiB; 0 on systems without /proc. */
function residentMib(pid: number): number {
  if (process.platform !== 'linux') return 0
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}
