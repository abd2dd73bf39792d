// Another program locks the database for a while: events are refused with 503 meanwhile. Afterwards the service works
// again without a restart.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventType, startApiRig, until } from './support/api-rig.ts'

const rig = await startApiRig()
after(() => rig.close())

test('a locked database: 503 with Retry-After, then 202 again, and every accepted event arrives', async () => {
  const tenant = await rig.tenant('standard')
  const endpoint = await rig.endpoint(tenant)
  let lastNumber = 0
  const accepted: string[] = []
  const refused: string[] = []
  const post = async (): Promise<number> => {
    const id = `e${++lastNumber}`
    const body = { tenant: tenant.id, type: eventType, data: {}, id }
    const answer = await rig.ask({ method: 'POST', path: '/v1/events', body })
    if (answer.status === 503) {
      assert.match(answer.headers['retry-after'] ?? '', /^[1-9]\d*$/)
      assert.equal(answer.body.code, 'unavailable')
    }
    ;(answer.status === 202 ? accepted : refused).push(id)
    return answer.status
  }
  assert.equal(await post(), 202)
  await rig.received(endpoint.path, 1)

  const other = new DatabaseSync(join(rig.installation.folder, 'posthorn.db'), { timeout: 5_000 })
  let statuses: number[] = []
  try {
    other.exec('BEGIN EXCLUSIVE')
    const unlockAt = Date.now() + 3_000
    const posting = Array.from({ length: 4 }, async () => {
      while (Date.now() < unlockAt) {
        statuses.push(await post())
        await sleep(50)
      }
    })
    await sleep(3_000)
    // Reads still work: a write-ahead log does not block readers.
    await rig.want(200, { path: `/v1/events?tenant=${tenant.id}` })
    other.exec('ROLLBACK')
    await Promise.all(posting)
  } finally {
    other.close()
  }
  assert.ok(statuses.includes(503))
  assert.deepEqual(new Set(statuses.filter((status) => status !== 202)), new Set([503]))

  await until(async () => (await post()) === 202, 'events are accepted again')
  statuses = await Promise.all(Array.from({ length: 20 }, post))
  assert.deepEqual(new Set(statuses), new Set([202]))
  assert.equal((await fetch(`${rig.server.url}/readyz`)).status, 200)
  const arrived = await rig.received(endpoint.path, accepted.length)
  assert.deepEqual(new Set(arrived.map(({ headers }) => headers['webhook-id'])), new Set(accepted))
  for (const id of refused) await rig.want(404, { path: `/v1/events/${id}?tenant=${tenant.id}` })
  assert.match(rig.server.output(), /the database is unavailable/)
})
