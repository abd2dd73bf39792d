// The server is killed in its Nth system call of a kind, or the call fails, N = 1, 2, 3 ...; each next round starts on
// what the last one left. Whatever was answered with 202 is delivered, and nothing that was refused.

import { join } from 'node:path'
import { suite, test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startBookkeeper } from '../support/bookkeeper.ts'
import { crashSeed, long } from '../support/crash-size.ts'
import { assertNothingLost } from '../support/crash-verdict.ts'
import { untilDrained } from '../support/drain.ts'
import { judge } from '../support/history.ts'
import { createOperatorClient } from '../support/operator-client.ts'
import { createPostBook, type PostBook } from '../support/post-book.ts'
import { seededRandom } from '../support/random.ts'
import { createInstallation, type Installation, type ServerProcess, startServer } from '../support/server-process.ts'
import { nodeWithFault, whyNoStrace } from '../support/strace.ts'

const skip = whyNoStrace() ?? false
const tenant = 'calls'
const events = 10
/** So that the last deliveries are under way or done. */
const settleMs = 100
const settings = { POSTHORN_RETRY_SCALE: '0.001', POSTHORN_RATE_LIMITS: 'off' }

/** `nMax` is more than any thread makes of the calls in a round; the full form goes there by `step`s. */
const faults = [
  { calls: 'fsync,fdatasync', what: 'error=EIO', nMax: 60, step: 1, short: [13] },
  { calls: 'fsync,fdatasync', what: 'signal=KILL', nMax: 60, step: 1, short: [] },
  { calls: 'pwrite64', what: 'error=ENOSPC', nMax: 400, step: 7, short: [] },
  { calls: 'pwrite64', what: 'signal=KILL', nMax: 400, step: 7, short: [80] },
  { calls: 'connect', what: 'error=ECONNREFUSED', nMax: 20, step: 1, short: [] },
  { calls: 'connect', what: 'signal=KILL', nMax: 20, step: 1, short: [] },
  { calls: 'write,writev,sendto', what: 'signal=KILL', nMax: 200, step: 3, short: [60] },
] as const

async function strike(
  installation: Installation,
  book: PostBook,
  command: readonly string[],
): Promise<'died' | 'survived'> {
  let server: ServerProcess
  try {
    server = await startServer(installation, settings, command)
  } catch {
    return 'died'
  }
  const client = createOperatorClient(server.url, installation.operatorKey)
  let end = 'accepted'
  for (let count = 0; count < events && end !== 'broken' && end !== 'unsent'; count++) {
    end = await book.post(client, [book.nextEvent()], true)
  }
  await sleep(settleMs)
  await client.close()
  await server.kill('SIGKILL')
  return end === 'broken' || end === 'unsent' ? 'died' : 'survived'
}

async function strikeAll(t: TestContext, { calls, what, ...fault }: (typeof faults)[number]): Promise<void> {
  const installation = await createInstallation()
  const customer = await startBookkeeper()
  const book = createPostBook(tenant, seededRandom(crashSeed))
  try {
    const first = await startServer(installation, settings)
    const registering = createOperatorClient(first.url, installation.operatorKey)
    await customer.register(registering, tenant)
    await registering.close()
    await first.stop()

    const ns = long
      ? Array.from({ length: Math.ceil(fault.nMax / fault.step) }, (_, i) => 1 + i * fault.step)
      : fault.short
    const ends = { died: 0, survived: 0 }
    for (const n of ns) {
      const log = join(installation.folder, 'strace.log')
      ends[await strike(installation, book, nodeWithFault({ calls, what, when: String(n) }, log))] += 1
    }
    t.diagnostic(`${ns.length} rounds, ${ends.died} ended by the fault`)

    const last = await startServer(installation, settings)
    const client = createOperatorClient(last.url, installation.operatorKey)
    for (const event of book.takeUnknown()) await book.post(client, [event], true)
    // A fault may have struck in the start of each round: what is left must serve all the same.
    await book.post(client, [book.nextEvent()], true)
    const drain = await untilDrained(client)
    await client.close()
    await last.stop()
    const { arrivals, subscriptions } = customer
    assertNothingLost(t, { verdict: judge({ posts: book.posts, arrivals, subscriptions }), ...drain }, 0)
  } finally {
    await customer.close()
    await installation.remove()
  }
}

void suite('a fault in the Nth system call loses nothing (SQLite)', { concurrency: 2 }, () => {
  for (const fault of faults) {
    if (!long && fault.short.length === 0) continue
    void test(`${fault.calls} ${fault.what}`, { timeout: 60_000 + fault.nMax * 10_000, skip }, (t) =>
      strikeAll(t, fault),
    )
  }
})
