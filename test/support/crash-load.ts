// Posts events from several loops at once until the server dies, and writes down how each post ended. A post without
// an answer is `info`: nobody knows. Those with an id of their own are posted again after the restart, which must not
// make a second event of them.

import { setTimeout as sleep } from 'node:timers/promises'
import type { PostOutcome, PostRecord } from './history.ts'
import type { Answer, EventPost, OperatorClient } from './operator-client.ts'
import type { Random } from './random.ts'

export interface CrashEvent extends EventPost {
  readonly data: { readonly number: number; readonly text: string }
}

export interface CrashLoad {
  readonly posts: readonly PostRecord[]
  /** Posts until the connection breaks in every loop. */
  runUntilBroken(client: OperatorClient): Promise<void>
  /** Posts again what has an id of its own and an unknown outcome. */
  repeatUnknown(client: OperatorClient): Promise<void>
}

const singleLoops = 6
const batchLoops = 2
const batchSizeMax = 10
export const crashTypes = ['call.received', 'call.completed', 'sms.received', 'contact.created'] as const

/** A load for one tenant; event numbers go on over all rounds. */
export function createCrashLoad(tenant: string, random: Random): CrashLoad {
  const posts: PostRecord[] = []
  let unknown: CrashEvent[] = []
  let lastNumber = 0

  const nextEvent = (): CrashEvent => {
    lastNumber += 1
    const event = {
      tenant,
      type: crashTypes[lastNumber % crashTypes.length] ?? crashTypes[0],
      data: { number: lastNumber, text: 'x'.repeat(random.between(0, 400)) },
    }
    return random.between(0, 2) === 0 ? { ...event, id: `crash-${lastNumber}` } : event
  }

  const settle = (event: CrashEvent, outcome: PostOutcome): void => {
    posts.push({ number: event.data.number, type: event.type, outcome })
    if (outcome === 'info' && event.id !== undefined) unknown.push(event)
  }

  /** Says whether the server still answers. */
  const post = async (client: OperatorClient, events: readonly CrashEvent[], single: boolean): Promise<boolean> => {
    try {
      const [first] = events
      const answer = await (single && first !== undefined ? client.postEvent(first) : client.postBatch(events))
      const outcomes = single ? [outcomeOf(answer)] : outcomesOfBatch(answer, events.length)
      for (const [index, event] of events.entries()) settle(event, outcomes[index] ?? 'info')
      return true
    } catch {
      for (const event of events) settle(event, 'info')
      return false
    }
  }

  const repeatUnknown = async (client: OperatorClient): Promise<void> => {
    const again = unknown
    unknown = []
    for (const event of again) await post(client, [event], true)
  }

  const singles = async (client: OperatorClient): Promise<void> => {
    while (await post(client, [nextEvent()], true)) await sleep(random.between(0, 4))
  }

  const batches = async (client: OperatorClient): Promise<void> => {
    const batch = (): CrashEvent[] => Array.from({ length: random.between(1, batchSizeMax) }, nextEvent)
    while (await post(client, batch(), false)) await sleep(random.between(0, 30))
  }

  return {
    posts,
    repeatUnknown,
    async runUntilBroken(client) {
      await Promise.all([
        repeatUnknown(client),
        ...Array.from({ length: singleLoops }, () => singles(client)),
        ...Array.from({ length: batchLoops }, () => batches(client)),
      ])
    },
  }
}

function outcomeOf(answer: Answer): PostOutcome {
  // 200 answers a repeated id with the first result.
  return answer.status === 202 || answer.status === 200 ? 'ok' : 'fail'
}

/** One transaction holds the whole batch; its answer has one result per event, in order. */
function outcomesOfBatch(answer: Answer, count: number): readonly PostOutcome[] {
  if (outcomeOf(answer) === 'fail') return Array.from({ length: count }, () => 'fail')
  const { results } = answer.body as { results?: unknown }
  if (!Array.isArray(results) || results.length !== count) {
    throw new Error(`a batch of ${count} was answered with ${JSON.stringify(answer.body)}`)
  }
  return results.map((result: { id?: unknown }) => (typeof result.id === 'string' ? 'ok' : 'fail'))
}
