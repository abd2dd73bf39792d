// The trace of an event whose producer sent none follows from the event itself. So every node, also after a restart, finds
// it again without any stored value, and decides in the same way whether it is sampled.

import type { Event } from '../domain/event.ts'

/** The 128 bits of a trace id, and the first 64 bits of the id of the span that accepts the event. */
export type IdWords = readonly [number, number, number, number]

/** Four hashes (FNV-1a with different starts and a final mix) of the tenant and the id of an event. */
export function wordsOf({ tenant, id }: Event): IdWords {
  let [one, two, three, four] = [0x811c9dc5, 0x01234567, 0x89abcdef, 0x2545f491]
  for (const text of [tenant, ' ', id]) {
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index)
      one = Math.imul(one ^ code, 0x01000193)
      two = Math.imul(two ^ code, 0x85ebca6b)
      three = Math.imul(three ^ code, 0xc2b2ae35)
      four = Math.imul(four ^ code, 0x27d4eb2f)
    }
  }
  return [mixed(one), mixed(two), mixed(three), mixed(four)]
}

function mixed(word: number): number {
  let bits = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}

/** Whether a share of all traces contains this one. All services that use OpenTelemetry's rule decide alike. */
export function isInShare([one, two, three, four]: IdWords, ratio: number): boolean {
  const bound = ratio === 1 ? 2 ** 32 : Math.floor(ratio * 0xffffffff)
  return (one ^ two ^ three ^ four) >>> 0 < bound
}

export function traceIdOf(words: IdWords): string {
  return words.map(hex).join('')
}

/** The id of the span that accepts the event. */
export function acceptIdOf([one, two, three, four]: IdWords): string {
  return hex(mixed(one ^ three)) + hex(mixed(two ^ four) | 1)
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0')
}

/** The context that a producer sent. */
export interface ProducerContext {
  readonly traceId: string
  readonly spanId: string
  readonly isSampled: boolean
}

const form = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(?:-|$)/

/** Reads a header `traceparent` (W3C Trace Context); null: it is wrong, and a trace begins here. */
export function producerContext(traceparent: string): ProducerContext | null {
  const [, traceId, spanId, flags = '00'] = form.exec(traceparent) ?? []
  if (traceId === undefined || spanId === undefined) return null
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 }
}

export function wordsOfTraceId(traceId: string): IdWords {
  const word = (at: number): number => Number.parseInt(traceId.slice(at, at + 8), 16)
  return [word(0), word(8), word(16), word(24)]
}
