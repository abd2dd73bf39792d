// Reads the server-sent events of `GET /v1/stream`.

import { setTimeout as sleep } from 'node:timers/promises'
import { request } from 'undici'

export interface StreamEvent {
  readonly event: string
  readonly data: Readonly<Record<string, unknown>>
}

export interface EventStream {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** The events so far. */
  readonly events: readonly StreamEvent[]
  of(event: string): readonly StreamEvent['data'][]
  /** The sum of a number in all ticks so far. */
  sum(field: (tick: Tick) => number): number
  /** Waits until a condition holds, at most 15 s. */
  until(holds: () => boolean, what: string): Promise<void>
  /** Resolves when the server has ended the stream: `true` if the answer is complete. */
  readonly ended: Promise<boolean>
  close(): void
}

export interface Tick {
  readonly accepted: number
  readonly attempts: Readonly<Record<string, number>>
  readonly waiting: number | null
  readonly queued: number
  readonly inFlight: number
  readonly nodes: number
}

export const eventStream = 'text/event-stream'

/** The events whose text is complete. */
export function eventsIn(text: string): readonly StreamEvent[] {
  return text
    .split('\n\n')
    .slice(0, -1)
    .flatMap((block) => {
      const fields = new Map(block.split('\n').map((line) => line.split(/: (.*)/s, 2) as [string, string]))
      const [event, data] = [fields.get('event'), fields.get('data')]
      return event === undefined || data === undefined ? [] : [{ event, data: JSON.parse(data) as StreamEvent['data'] }]
    })
}

/** Opens a stream. An answer that is no stream is read to its end. */
export async function openStream(
  url: string,
  headers: Readonly<Record<string, string>>,
  path = '/v1/stream',
): Promise<EventStream> {
  const { statusCode, headers: answered, body } = await request(`${url}${path}`, { headers, bodyTimeout: 0 })
  const events: StreamEvent[] = []
  let rest = ''
  const read = async (): Promise<boolean> => {
    try {
      for await (const chunk of body.setEncoding('utf8')) {
        rest += chunk as string
        const end = rest.lastIndexOf('\n\n') + 2
        if (end < 2) continue
        events.push(...eventsIn(rest.slice(0, end)))
        rest = rest.slice(end)
      }
      return true
    } catch {
      return false
    }
  }
  const of = (name: string) => events.filter(({ event }) => event === name).map(({ data }) => data)
  return {
    status: statusCode,
    headers: answered,
    events,
    of,
    sum: (field) => (of('tick') as unknown as Tick[]).reduce((total, tick) => total + field(tick), 0),
    async until(holds, what) {
      const giveUpAt = Date.now() + 15_000
      while (!holds()) {
        if (Date.now() > giveUpAt) throw new Error(`not within 15 s: ${what}; ${JSON.stringify(events.slice(-5))}`)
        await sleep(20)
      }
    },
    ended: read(),
    close: () => void body.destroy(),
  }
}

/** The text of an answer; of a stream, which does not end, the events up to the first tick. */
export async function answerText(
  headers: Readonly<Record<string, unknown>>,
  body: AsyncIterable<Uint8Array> | readonly Uint8Array[],
): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) {
    chunks.push(chunk)
    if (headers['content-type'] === eventStream && Buffer.concat(chunks).includes('event: tick')) break
  }
  return Buffer.concat(chunks).toString('utf8')
}
