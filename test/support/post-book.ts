// Posts numbered events and records how each post ended. A post without an answer is `info`: its outcome is unknown. A
// post that is answered with 503 and the code `outcome_unknown` is `info` too.

import type { PostOutcome, PostRecord } from './history.ts'
import type { Answer, EventPost, OperatorClient } from './operator-client.ts'
import type { Random } from './random.ts'

export interface NumberedEvent extends EventPost {
  readonly data: { readonly number: number; readonly text: string }
}

/** How a post ended for its caller. `unsent`: the connection was refused, so the post had no effect. */
export type PostEnd = 'accepted' | 'refused' | 'unknown' | 'broken' | 'unsent'

export interface PostBook {
  readonly posts: readonly PostRecord[]
  /** Returns an event with the next number. One event in three has its own id and may be posted again. */
  nextEvent(): NumberedEvent
  /** `single`: posts the first event alone. Otherwise posts a batch. */
  post(client: OperatorClient, events: readonly NumberedEvent[], single: boolean): Promise<PostEnd>
  /** Returns the events with their own id and an unknown outcome, each of them once. */
  takeUnknown(): readonly NumberedEvent[]
}

export const postedTypes = ['call.received', 'call.completed', 'sms.received', 'contact.created'] as const

export function createPostBook(tenant: string, random: Random): PostBook {
  const posts: PostRecord[] = []
  let unknown: NumberedEvent[] = []
  let lastNumber = 0

  const settle = (event: NumberedEvent, outcome: PostOutcome): void => {
    posts.push({ number: event.data.number, type: event.type, outcome })
    if (outcome === 'info' && event.id !== undefined) unknown.push(event)
  }

  return {
    posts,
    nextEvent() {
      lastNumber += 1
      const event = {
        tenant,
        type: postedTypes[lastNumber % postedTypes.length] ?? postedTypes[0],
        data: { number: lastNumber, text: 'x'.repeat(random.between(0, 400)) },
      }
      return random.between(0, 2) === 0 ? { ...event, id: `crash-${lastNumber}` } : event
    },
    async post(client, events, single) {
      const [first] = events
      let answer: Answer
      try {
        answer = await (single && first !== undefined ? client.postEvent(first) : client.postBatch(events))
      } catch (error) {
        if (isUnsent(error)) return 'unsent'
        for (const event of events) settle(event, 'info')
        return 'broken'
      }
      const outcomes = single ? [outcomeOf(answer)] : outcomesOfBatch(answer, events.length)
      for (const [index, event] of events.entries()) settle(event, outcomes[index] ?? 'info')
      return ends[outcomeOf(answer)]
    },
    takeUnknown() {
      const taken = unknown
      unknown = []
      return taken
    },
  }
}

const ends = { ok: 'accepted', fail: 'refused', info: 'unknown' } as const

function isUnsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED'
}

function outcomeOf({ status, body }: Answer): PostOutcome {
  // 200 is the answer to a repeated id, with the first result.
  if (status === 202 || status === 200) return 'ok'
  return (body as { code?: unknown } | null)?.code === 'outcome_unknown' ? 'info' : 'fail'
}

/** A batch is one transaction. Its answer has one result per event, in order. */
function outcomesOfBatch(answer: Answer, count: number): readonly PostOutcome[] {
  const outcome = outcomeOf(answer)
  if (outcome !== 'ok') return Array.from({ length: count }, () => outcome)
  const { results } = answer.body as { results?: unknown }
  if (!Array.isArray(results) || results.length !== count) {
    throw new Error(`a batch of ${count} was answered with ${JSON.stringify(answer.body)}`)
  }
  return results.map((result: { id?: unknown }) => (typeof result.id === 'string' ? 'ok' : 'fail'))
}
