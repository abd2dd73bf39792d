// The values of which deliveries consist: facts of the event, its delivery, endpoint and tenant, and times in the form
// of the vendor (part-types.ts). A dialect puts them into bodies, headers and signatures. They are compiled once, when the
// dialect is loaded, so that nothing is interpreted per delivery.

import type { EarlierAttempts, Message } from '../../contracts/delivery-dialect.ts'
import type { Outcome } from '../../domain/attempt.ts'
import { attemptUuid } from '../../domain/attempt-ids.ts'
import { DefinitionError } from '../definition-error.ts'
import { checkName, withKnownNames } from '../known-names.ts'
import { isAsync } from '../shape.ts'
import { jsonAt, textOfJson } from './json-text.ts'
import { isTime, noPart } from './no-part.ts'
import { type AttemptPart, type Attempting, type BodyPart, type Composed, needsOf, type Part } from './part-types.ts'
import { timeParts } from './times.ts'

function textPart(read: (message: Message) => string, schema: object = {}): BodyPart {
  return { text: read, json: (message) => JSON.stringify(read(message)), schema: { type: 'string', ...schema } }
}

type Value = string | number | boolean | null | undefined

/** A value that a function computes, for what the other parts cannot say. Undefined in a body: null. */
export function computed(value: (message: Message) => Value, schema: object = {}): BodyPart {
  if (typeof value !== 'function' || isAsync(value)) {
    throw new DefinitionError('computed', 'needs a function of the message that is not async')
  }
  return {
    text: (message) => textOfValue(value(message)),
    json: (message) => JSON.stringify(value(message) ?? null),
    schema,
  }
}

function textOfValue(value: Value): string | null {
  return value === null || value === undefined ? null : String(value)
}

/** JSON text that is put into a body unchanged. */
function jsonPart(json: (message: Message) => string): BodyPart {
  return { text: (message) => textOfJson(json(message)), json, schema: {} }
}

export const event = withKnownNames('event', {
  id: textPart(({ event: { id } }) => id),
  type: textPart(({ event: { type } }) => type),
  /** The data as the product posted it, byte for byte. */
  data: { text: ({ event: { data } }) => data, json: ({ event: { data } }) => data, schema: {} } satisfies BodyPart,
  /**
   * A member of the data, byte for byte: `member('order.id')`. In a header or signature, a text stands without its
   * quotes. Null: there is no such member.
   */
  member(path: string): BodyPart {
    checkName('event.member', path, 'order.id')
    const names = path.split('.')
    return { ...jsonPart(({ event: { data } }) => jsonAt(data, names)), made: { dataMember: names } }
  },
  /** When it happened, as the product said. */
  occurredAt: timeParts<BodyPart>('event.occurredAt', ({ event: { occurredAt } }) => occurredAt),
  /** One of the attributes that the product posted; null: it posted none of this name. */
  attribute(name: string): BodyPart {
    checkName('event.attribute', name, 'region')
    return computed(({ event: { attributes } }) => attributes?.[name] ?? null, { type: ['string', 'null'] })
  },
})

/** A fact of the attempts before. It is null on the first attempt. */
function earlierPart(read: (earlier: EarlierAttempts) => string): AttemptPart {
  const text = ({ earlier }: Message): string | null => (earlier === undefined ? null : read(earlier))
  return {
    text,
    json: (message) => JSON.stringify(text(message)),
    schema: { type: ['string', 'null'] },
    needsEarlier: true,
  }
}

/** A value that may differ between attempts. */
function attemptPart(read: (message: Message, attempt: Attempting) => string | number, type: string): AttemptPart {
  return {
    text: (message, attempt) => String(read(message, attempt)),
    json: (message, attempt) => JSON.stringify(read(message, attempt)),
    schema: { type },
  }
}

export const delivery = withKnownNames('delivery', {
  id: textPart(({ delivery: id }) => id, { format: 'uuid' }),
  /** One UUID per attempt; the first attempt has that of its delivery. */
  attemptId: attemptPart(({ delivery: id, attempt = 1 }) => attemptUuid(id, attempt), 'string'),
  /** The number of the attempt, from 1. */
  attempt: attemptPart(({ attempt = 1 }) => attempt, 'integer'),
  /** How many attempts there were before: 0 for the first one. */
  retries: attemptPart(({ attempt = 1 }) => attempt - 1, 'integer'),
  /** When the first attempt was sent: on the first attempt, the time of sending. */
  firstSentAt: timeParts<AttemptPart>(
    'delivery.firstSentAt',
    ({ earlier }, { sentAt: now }) => earlier?.firstStartedAt ?? now,
    { needsEarlier: true },
  ),
  /** Why the attempt before failed, in the vendor's words; null on the first attempt. */
  retryReason: (wordOf: (outcome: Outcome) => string): AttemptPart =>
    earlierPart(({ lastOutcome }) => wordOf(lastOutcome)),
})

export const endpoint = withKnownNames('endpoint', {
  id: textPart(({ endpoint: { id } }) => id),
  url: textPart(({ endpoint: { url } }) => url, { format: 'uri' }),
  /** One of the fields that only the product knows, such as `detail('api_version')`; null: the endpoint has none. */
  detail(name: string): BodyPart {
    checkName('endpoint.detail', name, 'api_version')
    return jsonPart(({ endpoint: { details } }) =>
      JSON.stringify(Object.hasOwn(details, name) ? (details[name] ?? null) : null),
    )
  },
})

export const tenant = withKnownNames('tenant', {
  id: textPart(({ tenant: { id } }) => id),
  /** The operator's choice for the tenant; null: the default choice. */
  setting(name: string): BodyPart {
    checkName('tenant.setting', name, 'plan')
    return computed(({ tenant: { settings } }) => settings[name] ?? null, { type: ['string', 'null'] })
  },
})

/** When the attempt is sent. */
export const sentAt = timeParts<AttemptPart>('sentAt', (_message, attempt) => attempt.sentAt)

/** The part, where the condition is true. Elsewhere the header is left out, and the member of a body is null. */
export function when(condition: (message: Message) => boolean, part: BodyPart | string): BodyPart
export function when(condition: (message: Message) => boolean, part: AttemptPart | string): AttemptPart
export function when(condition: (message: Message) => boolean, part: Part | string): Part
export function when(condition: (message: Message) => boolean, given: Part | string): Part {
  const part = partOf(given, 'when')
  return {
    ...part,
    text: (message, sending) => (condition(message) ? part.text(message, sending) : null),
    json: (message, sending) => (condition(message) ? part.json(message, sending) : 'null'),
  }
}

/** Several parts as one text. Null if one of them is null. */
export function text(...parts: readonly (BodyPart | string)[]): BodyPart
export function text(...parts: readonly (AttemptPart | string)[]): AttemptPart
export function text(...parts: readonly (Part | string)[]): Part
export function text(...given: readonly (Part | string)[]): Part {
  const parts = given.map((part, index) => partOf(part, `text[${index}]`))
  return textOnly({ of: given, separator: '' }, parts, (message, sending) => {
    let whole = ''
    for (const part of parts) {
      const found = part.text(message, sending)
      if (found === null) return null
      whole += found
    }
    return whole
  })
}

/** Several parts as one text, without those that are null; null: all are. */
export function joined(separator: string, ...parts: readonly (AttemptPart | string)[]): AttemptPart
export function joined(separator: string, ...parts: readonly (Part | string)[]): Part
export function joined(separator: string, ...given: readonly (Part | string)[]): Part {
  const parts = given.map((part, index) => partOf(part, `joined[${index}]`))
  return textOnly({ of: given, separator }, parts, (message, sending) => {
    const found = parts.map((part) => part.text(message, sending)).filter((one) => one !== null)
    return found.length === 0 ? null : found.join(separator)
  })
}

function textOnly(made: Composed, parts: readonly Part[], read: Part['text']): Part {
  return {
    made,
    text: read,
    json: (message, sending) => JSON.stringify(read(message, sending)),
    schema: { type: 'string' },
    ...needsOf(parts),
  }
}

/** A text is a part too. @param place its place, for the error @throws DefinitionError */
export function partOf(given: Part | string, place: string): Part {
  if (typeof given === 'string')
    return { text: () => given, json: () => JSON.stringify(given), schema: { const: given } }
  if (isTime(given) || typeof (given as Part | undefined)?.text !== 'function') throw noPart(place, given)
  return given
}
