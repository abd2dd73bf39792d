// The bodies of deliveries.

import type { Message } from '../../contracts/delivery-dialect.ts'
import type { Endpoint } from '../../domain/endpoint.ts'
import { anyEndpoint } from '../any-endpoint.ts'
import { DefinitionError } from '../definition-error.ts'
import { contentTypeOption, signOptions } from '../option-shapes.ts'
import { checkMembers } from '../shape.ts'
import { type JsonOf, jsonWriter } from './json-writer.ts'
import { type AttemptPart, type Attempting, type BodyPart, needsOf, type Part, type Sending } from './part-types.ts'
import { signature } from './signatures.ts'
import { jwt, type JwtForm } from './signers.ts'

/** A body that differs between attempts. */
export interface AttemptBodyForm extends Pick<Part, 'needsEarlier'> {
  /** Null: no `content-type` header is sent. */
  readonly contentType: string | null | ((message: Message) => string | null)
  readonly encode: (message: Message, attempt: Attempting) => string
  /** JSON Schema of the body. */
  readonly schema: object
  /** It differs between attempts, so the history does not show it. */
  readonly perAttempt?: true
  /** For the recipe of receivers: the parts of which the body is made. */
  readonly made?: MadeBody
  /** Headers that belong to the form of the body. */
  readonly headers?: Readonly<Record<string, Part | string>>
}

/** JSON, fields of a form, a token, or one of several bodies. */
export type MadeBody =
  | { readonly json: JsonOf<Part> }
  | { readonly fields: Readonly<Record<string, Part | AttemptBodyForm | string>> }
  | { readonly token: Part }
  | { readonly chosen: readonly AttemptBodyForm[] }

/** A body that is the same on every attempt. */
export interface BodyForm extends AttemptBodyForm {
  readonly encode: (message: Message) => string
  readonly perAttempt?: never
}

/** A value of a JSON body that is the same on every attempt. */
export type BodyValue = JsonOf<BodyPart>

export interface ContentType {
  /** Default: `application/json`, or `application/jwt` for a token. */
  readonly contentType?: string
}

/** JSON, most often an object with the members in the given order. */
function jsonOf(value: BodyValue, options: ContentType = {}): BodyForm {
  checkMembers('json', options, contentTypeOption)
  const { contentType = 'application/json' } = options
  const { json: write, schema } = jsonWriter(value, 'json')
  return sameOnEveryAttempt({
    contentType,
    encode: (message) => write(message, noFacts),
    schema,
    made: { json: value },
  })
}

/** JSON that differs between attempts: with the number of the attempt, the time of sending or a signature in it. */
function perAttempt(value: JsonOf<AttemptPart>, options: ContentType = {}): AttemptBodyForm {
  checkMembers('json.perAttempt', options, contentTypeOption)
  const { contentType = 'application/json' } = options
  const writer = jsonWriter(value, 'json.perAttempt')
  return {
    contentType,
    // The types allow no part that reads the body.
    encode: (message, attempt) => writer.json(message, attempt as Sending),
    schema: writer.schema,
    made: { json: value },
    perAttempt: true,
    ...needsOf([writer]),
  }
}

/** Parts of a body that is the same on every attempt read nothing of the attempt. */
export const noFacts: Sending = {
  get keys() {
    return differs()
  },
  get sentAt() {
    return differs()
  },
  get body() {
    return differs()
  },
}

const anyMessage = {
  tenant: { id: '', settings: {} },
  event: { id: '', type: '', data: '{}', occurredAt: 0, acceptedAt: 0 },
  delivery: '00000000-0000-7000-8000-000000000000',
  endpoint: anyEndpoint,
} as unknown as Message

/** The body. @throws DefinitionError a part of it differs between attempts */
export function sameOnEveryAttempt(body: BodyForm): BodyForm {
  try {
    body.encode(anyMessage)
  } catch (error) {
    // Functions of the dialect may need more than this message has.
    if (error instanceof DefinitionError) throw error
  }
  return body
}

function differs(): never {
  throw new DefinitionError(
    'deliveries.body',
    'has a part that differs between attempts, such as sentAt or a signature: use perAttempt, as in json.perAttempt({…})',
  )
}

/**
 * A JSON body: `json({ id: event.id, data: event.data })`. Its parts are the same on every attempt. `json.perAttempt({…})` may
 * also have the time of sending, the number of the attempt, or a signature.
 */
export const json = Object.assign(jsonOf, { perAttempt })

/** No body: the headers say everything. */
export const empty: BodyForm = { contentType: null, encode: () => '', schema: { const: '' } }

/** A JSON Web Token as the whole body. Its time and signature differ between attempts. */
export function jwtBody(form: JwtForm<AttemptPart>, options: ContentType = {}) {
  checkMembers('jwtBody', form, signOptions.jwt[0])
  checkMembers('jwtBody', options, contentTypeOption)
  const { contentType = 'application/jwt' } = options
  const token = signature(jwt(form), { required: true })
  const made: AttemptBodyForm = {
    contentType,
    encode: (message, attempt) => token.text(message, attempt) ?? '',
    schema: { type: 'string' },
    made: { token },
    perAttempt: true,
    ...needsOf([token]),
  }
  return made
}

/**
 * One of several bodies, by the endpoint: `choose((endpoint) => (endpoint.details['content_type'] === 'form' ? 'form' :
 * 'json'), { form: form({ payload: body }), json: body })`.
 */
export function choose<Name extends string>(
  nameOf: (endpoint: Endpoint) => Name,
  forms: Readonly<Record<Name, BodyForm>>,
): BodyForm
export function choose<Name extends string>(
  nameOf: (endpoint: Endpoint) => Name,
  forms: Readonly<Record<Name, AttemptBodyForm>>,
): AttemptBodyForm
export function choose<Name extends string>(
  nameOf: (endpoint: Endpoint) => Name,
  forms: Readonly<Record<Name, AttemptBodyForm>>,
): AttemptBodyForm {
  const all: readonly AttemptBodyForm[] = Object.values(forms)
  if (all.some(({ headers }) => headers !== undefined)) {
    throw new DefinitionError('deliveries.body', 'a chosen body cannot have headers of its own')
  }
  const of = ({ endpoint }: Message): AttemptBodyForm => forms[nameOf(endpoint)]
  return {
    contentType: (message) => contentTypeOf(of(message), message),
    encode: (message, attempt) => of(message).encode(message, attempt),
    schema: { anyOf: all.map(({ schema }) => schema) },
    made: { chosen: all },
    ...(all.some((form) => form.perAttempt) && { perAttempt: true }),
    ...needsOf(all),
  }
}

export function contentTypeOf({ contentType }: Pick<AttemptBodyForm, 'contentType'>, message: Message): string | null {
  return typeof contentType === 'function' ? contentType(message) : contentType
}
