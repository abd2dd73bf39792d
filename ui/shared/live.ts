// The attempts and numbers of this second, from `GET /v1/stream`. One tab of a browser reads the stream and passes it on to
// the others, because a browser opens few connections to a host. A tab that is not seen does not read it.

import { useSyncExternalStore } from 'react'
import { send } from './client.ts'
import type { StreamDelivery, Tick } from './types.ts'

const ticksMax = 300
const deliveriesMax = 100
const againMs = 2000
const path = '/v1/stream'

export interface LiveTick extends Tick {
  /** When it came to this browser, in Unix milliseconds. */
  readonly cameAt: number
}

export interface LiveState {
  /** The last five minutes, oldest first. */
  readonly ticks: readonly LiveTick[]
  /** The last attempts, newest first. */
  readonly deliveries: readonly StreamDelivery[]
  /** Attempts that are not shown, because there were too many. */
  readonly leftOut: number
  /** Whether the stream is read now; false: it begins again by itself. */
  readonly isLive: boolean
}

interface Message {
  readonly event: string
  readonly data: unknown
}

const nothing: LiveState = { ticks: [], deliveries: [], leftOut: 0, isLive: false }
let state = nothing
const listeners = new Set<() => void>()
let stop: AbortController | null = null
const channel = new BroadcastChannel('posthorn-live')
channel.addEventListener('message', ({ data }: MessageEvent<Message>) => receive(data))

/** A part of the state of the stream, which is read while a part of a page uses it and is seen. */
export function useLive<Name extends keyof LiveState>(name: Name): LiveState[Name] {
  return useSyncExternalStore(listen, () => state[name])
}

function listen(listener: () => void): () => void {
  listeners.add(listener)
  readIfSeen()
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    readIfSeen()
    state = nothing
  }
}

document.addEventListener('visibilitychange', readIfSeen)

function readIfSeen(): void {
  const isWanted = listeners.size > 0 && document.visibilityState === 'visible'
  if (isWanted === (stop !== null)) return
  stop?.abort()
  stop = isWanted ? new AbortController() : null
  if (stop !== null) void read(stop.signal)
}

/** Waits until this tab is the one that reads, then reads until it is stopped. */
async function read(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await navigator.locks.request('posthorn-live', { signal }, async () => {
        const response = await send('GET', path, { signal })
        for await (const message of messagesOf(response)) {
          receive(message)
          channel.postMessage(message)
        }
      })
    } catch {
      // The stream ended, or could not be opened: it is opened again.
    }
    change({ isLive: false })
    if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, againMs))
  }
}

/** The events of a stream of server-sent events. */
async function* messagesOf(response: Response): AsyncGenerator<Message> {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  const decoder = new TextDecoder()
  let text = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    const blocks = (text + decoder.decode(value, { stream: true })).split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      const fields = new Map(
        block.split('\n').map((line) => [line.split(':', 1)[0], line.slice(line.indexOf(':') + 1).trim()]),
      )
      const [event, data] = [fields.get('event'), fields.get('data')]
      if (event !== undefined && data !== undefined) yield { event, data: JSON.parse(data) as unknown }
    }
  }
}

function receive({ event, data }: Message): void {
  if (event === 'tick') {
    const tick = { ...(data as Tick), cameAt: Date.now() }
    change({ ticks: [...state.ticks, tick].slice(-ticksMax), isLive: true })
  }
  if (event === 'delivery') {
    change({ deliveries: [data as StreamDelivery, ...state.deliveries].slice(0, deliveriesMax) })
  }
  if (event === 'left-out') change({ leftOut: state.leftOut + (data as { readonly count: number }).count })
}

function change(part: Partial<LiveState>): void {
  state = { ...state, ...part }
  for (const listener of listeners) listener()
}
