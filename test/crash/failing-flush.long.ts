// Every flush of the disk fails from the Nth one on, N = 1, 2, 3 ...: no event of a failed commit is answered with 2xx.
// After a failed fsync the kernel may report success for the next one, so only strace can test this.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { createOperatorClient, type OperatorClient } from '../support/operator-client.ts'
import {
  createInstallation,
  type Installation,
  type ServerProcess,
  startServer,
  weakenedBy,
} from '../support/server-process.ts'
import { isFull } from '../support/size.ts'
import { nodeWithFault, struckAt, whyNoStrace } from '../support/strace.ts'

const skip = whyNoStrace() ?? false
const events = 10
const stepOfN = isFull ? 1 : 8
/** Far more flushes than a start and ten events take. */
const nMax = 100
const deaf = weakenedBy('deaf-sqlite.ts')
const timeout = 600_000

interface Round {
  readonly struck: boolean
  readonly accepted: number
  /** Events that were accepted after the disk had failed. */
  readonly wrong: number
}

/** One round. No endpoint matches the events, so the only commits are those of the events. */
async function failFrom(n: number, installation: Installation, env: Record<string, string>): Promise<Round> {
  const log = join(installation.folder, 'strace.log')
  const fault = { calls: 'fsync,fdatasync', what: 'error=EIO', when: `${n}+` }
  let server: ServerProcess
  try {
    server = await startServer(installation, env, nodeWithFault(fault, log))
  } catch (error) {
    // A server that does not start accepts nothing wrong.
    if ((await struckAt(log)) !== null) return { struck: true, accepted: 0, wrong: 0 }
    throw error
  }
  const client = createOperatorClient(server.url, installation.operatorKey)
  const acceptedAt = await postAll(client)
  await client.close()
  await server.kill('SIGKILL')
  const struck = (await struckAt(log)) ?? Infinity
  const wrong = acceptedAt.filter((at) => at >= struck).length
  return { struck: struck !== Infinity, accepted: acceptedAt.length, wrong }
}

/** Posts the events one after the other. Returns the time of each acceptance. */
async function postAll(client: OperatorClient): Promise<number[]> {
  const acceptedAt: number[] = []
  for (let number = 1; number <= events; number++) {
    const { status, body } = await client.postEvent({ tenant: 'flush', type: 'call.received', data: { number } })
    if (status === 202) acceptedAt.push(Date.now())
    else assert.equal(status, 503, JSON.stringify(body))
  }
  return acceptedAt
}

async function withTenant(action: (installation: Installation) => Promise<void>): Promise<void> {
  const installation = await createInstallation()
  try {
    const server = await startServer(installation)
    const client = createOperatorClient(server.url, installation.operatorKey)
    await client.createTenant({ id: 'flush', dialect: 'allo' })
    await client.close()
    await server.stop()
    await action(installation)
  } finally {
    await installation.remove()
  }
}

void suite('a failed flush (SQLite)', { concurrency: 2 }, () => {
  void test('is never followed by a 2xx response', { timeout, skip }, async (t) => {
    await withTenant(async (installation) => {
      const rounds: Round[] = []
      for (let n = 1; n <= nMax; n += stepOfN) {
        const round = await failFrom(n, installation, {})
        rounds.push(round)
        assert.equal(round.wrong, 0, `events were accepted although flushes failed from number ${n} on`)
        if (!round.struck) break
      }
      t.diagnostic(`${rounds.length} rounds, accepted ${rounds.map(({ accepted }) => accepted).join(' ')}`)
      assert.equal(rounds.at(-1)?.accepted, events, 'no round was without a fault: raise nMax')
    })
  })

  void test('control: the check fails for a server that ignores errors of commits', { timeout, skip }, async () => {
    await withTenant(async (installation) => {
      for (let n = 1; n <= nMax; n++) if ((await failFrom(n, installation, deaf)).wrong > 0) return
      assert.fail('the check found no wrongly accepted event')
    })
  })
})
