// The values of which deliveries consist: facts of the event, its delivery, endpoint and tenant, and times in the form
// of the vendor. A dialect puts them into bodies, headers and signatures. They are compiled once, when the dialect is
// loaded, so that nothing is interpreted per delivery.

import type { KeyObject } from 'node:crypto'
import type { Message } from '../contracts/delivery-dialect.ts'
import { attemptUuid } from './attempt-ids.ts'
import { isoMicroseconds, isoSeconds } from '../domain/time.ts'

/** The facts of one attempt. A body may not depend on them: it is the same on every attempt. */
export interface Sending {
  readonly body: Buffer
  /** The keys that sign, the newest first. */
  readonly keys: readonly KeyObject[]
  /** Unix time in milliseconds. */
  readonly sentAt: number
}

/** A value of a header or a signature. Null: the header is left out. */
export interface Part {
  readonly text: (message: Message, sending: Sending) => string | null
}

/** A value that is the same on every attempt. It may stand in a body too. */
export interface BodyPart extends Part {
  readonly text: (message: Message) => string | null
  /** The value as JSON text. */
  readonly json: (message: Message) => string
  /** JSON Schema of the value. */
  readonly schema: object
}

/** A time in the forms in which products write it. */
export interface TimeParts<Of extends Part> {
  /** `2026-01-31T12:00:00.123Z` */
  readonly iso: Of
  /** `2026-01-31T12:00:00Z` */
  readonly isoSeconds: Of
  /** `2026-01-31T12:00:00+00:00` */
  readonly isoWithOffset: Of
  /** `2026-01-31T12:00:00.123000+00:00` */
  readonly isoMicrosecondsWithOffset: Of
  readonly unixSeconds: Of
  readonly unixMilliseconds: Of
}

function textPart(read: (message: Message) => string, schema: object = {}): BodyPart {
  return { text: read, json: (message) => JSON.stringify(read(message)), schema: { type: 'string', ...schema } }
}

/** JSON text that is put into a body unchanged, such as the data of an event. */
function jsonPart(json: (message: Message) => string, schema: object = {}): BodyPart {
  return { text: json, json, schema }
}

/** A value that a function computes, for what the other parts cannot say. Undefined in a body: null. */
export function computed(
  value: (message: Message) => string | number | boolean | null | undefined,
  schema: object = {},
): BodyPart {
  return {
    text: (message) => {
      const found = value(message)
      return found === null || found === undefined ? null : String(found)
    },
    json: (message) => JSON.stringify(value(message) ?? null),
    schema,
  }
}

export const event = {
  id: textPart(({ event: { id } }) => id),
  type: textPart(({ event: { type } }) => type),
  /** The data as the product posted it, byte for byte. */
  data: jsonPart(({ event: { data } }) => data),
  /** When it happened, as the product said. */
  occurredAt: timeParts<BodyPart>(({ event: { occurredAt } }) => occurredAt),
  /** One of the attributes that the product posted; null: it posted none of this name. */
  attribute: (name: string): BodyPart =>
    computed(({ event: { attributes } }) => attributes?.[name] ?? null, { type: ['string', 'null'] }),
}

export const delivery = {
  id: textPart(({ delivery: id }) => id, { format: 'uuid' }),
  /** One UUID per attempt; the first attempt has that of its delivery. Headers only. */
  attemptId: { text: ({ delivery: id, attempt = 1 }) => attemptUuid(id, attempt) } as Part,
  /** The number of the attempt, from 1. Headers only: a body is the same on every attempt. */
  attempt: { text: ({ attempt = 1 }) => String(attempt) } as Part,
}

export const endpoint = {
  id: textPart(({ endpoint: { id } }) => id),
  url: textPart(({ endpoint: { url } }) => url, { format: 'uri' }),
}

export const tenant = { id: textPart(({ tenant: { id } }) => id) }

/** When the attempt is sent. Headers and signatures only. */
export const sentAt = timeParts<Part>((_message, sending) => sending.sentAt)

/** The bytes of the body as text, for signatures. */
export const body: Part & { readonly bytes: true } = {
  bytes: true,
  text: (_message, sending) => sending.body.toString(),
}

function timeParts<Of extends Part>(at: (message: Message, sending: Sending) => number): TimeParts<Of> {
  const form = (write: (ms: number) => string | number, schema: object): Of => {
    const part: BodyPart = {
      text: (...facts: readonly unknown[]) => String(write(at(...(facts as [Message, Sending])))),
      json: (...facts: readonly unknown[]) => JSON.stringify(write(at(...(facts as [Message, Sending])))),
      schema,
    }
    return part as unknown as Of
  }
  const dateTime = { type: 'string', format: 'date-time' }
  return {
    iso: form((ms) => new Date(ms).toISOString(), dateTime),
    isoSeconds: form(isoSeconds, dateTime),
    isoWithOffset: form((ms) => isoSeconds(ms).replace('Z', '+00:00'), dateTime),
    isoMicrosecondsWithOffset: form((ms) => `${isoMicroseconds(ms)}+00:00`, dateTime),
    unixSeconds: form((ms) => Math.floor(ms / 1000), { type: 'integer' }),
    unixMilliseconds: form((ms) => ms, { type: 'integer' }),
  }
}

/** The part, where the condition is true. Elsewhere the header is left out. */
export function when(condition: (message: Message) => boolean, part: Part | string): Part {
  const textOfPart = textOf(part)
  return { text: (message, sending) => (condition(message) ? textOfPart(message, sending) : null) }
}

/** Several parts as one text. Null if one of them is null. */
export function text(...parts: readonly (Part | string)[]): Part {
  const texts = parts.map(textOf)
  return {
    text(message, sending) {
      let whole = ''
      for (const one of texts) {
        const found = one(message, sending)
        if (found === null) return null
        whole += found
      }
      return whole
    },
  }
}

export function textOf(part: Part | string): Part['text'] {
  return typeof part === 'string' ? () => part : part.text
}
