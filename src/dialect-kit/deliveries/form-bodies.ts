// Bodies of fields: forms as browsers send them, and multipart forms.

import type { Message } from '../../contracts/delivery-dialect.ts'
import { type AttemptBodyForm, type BodyForm, noFacts, sameOnEveryAttempt } from './body.ts'
import { type AttemptPart, type Attempting, type BodyPart, needsOf, type Part } from './part-types.ts'
import { isObject, isTime, noPart } from './no-part.ts'
import { partOf } from './parts.ts'
import { plainValue } from './plain-value.ts'

/** A field: a part, a constant, or a whole body, such as JSON in a field `payload`. */
type Field<Of, Body> = Of | Body | string
type Fields<Of, Body> = Of | Readonly<Record<string, Field<Of, Body>>>

interface Step extends Pick<Part, 'needsEarlier'> {
  readonly add: (fields: URLSearchParams, message: Message, attempt: Attempting) => void
}

/** @returns how the fields are filled; a part alone is an object, of which each member is a field */
function stepsOf(given: Fields<AttemptPart, AttemptBodyForm>): readonly Step[] {
  if (!isObject(given) || isTime(given)) throw noPart('fields', given, 'fields by name')
  if (isPart(given)) {
    return [
      {
        add: (fields, message, attempt) => addFields(fields, plainValue(given.json(message, attempt))),
        ...needsOf([given]),
      },
    ]
  }
  return Object.entries(given).map(([name, value]): Step => {
    const isBody = isObject(value) && 'encode' in value
    const text = isBody ? value.encode : (partOf(value, `fields.${name}`) as AttemptPart).text
    return {
      add(fields, message, attempt) {
        const found = text(message, attempt)
        if (found !== null) fields.append(name, found)
      },
      ...needsOf([value]),
    }
  })
}

function isPart(given: Fields<AttemptPart, AttemptBodyForm>): given is AttemptPart {
  return typeof (given as Partial<AttemptPart>).json === 'function'
}

/** Nested values get names in brackets: `item[id]`, and `items[]` for each element of a list. */
function addFields(fields: URLSearchParams, value: ReturnType<typeof plainValue>, name = ''): void {
  if (Array.isArray(value)) for (const element of value) addFields(fields, element, `${name}[]`)
  else if (typeof value === 'object') {
    for (const [key, member] of Object.entries(value)) addFields(fields, member, name === '' ? key : `${name}[${key}]`)
  } else fields.append(name, value)
}

function filled(steps: readonly Step[], message: Message, attempt: Attempting): URLSearchParams {
  const fields = new URLSearchParams()
  for (const { add } of steps) add(fields, message, attempt)
  return fields
}

function fieldBody(
  given: Fields<AttemptPart, AttemptBodyForm>,
  contentType: AttemptBodyForm['contentType'],
  write: (fields: URLSearchParams, message: Message) => string,
) {
  const steps = stepsOf(given)
  // The members of a part alone have no signature.
  const about = { schema: { type: 'object' }, ...(!isPart(given) && { made: { fields: given } }) }
  const sameBody: BodyForm = {
    contentType,
    encode: (message) => write(filled(steps, message, noFacts), message),
    ...about,
  }
  const perAttempt: AttemptBodyForm = {
    contentType,
    encode: (message, attempt) => write(filled(steps, message, attempt), message),
    ...about,
    perAttempt: true,
    ...needsOf(steps),
  }
  return { sameBody, perAttempt }
}

const formType = 'application/x-www-form-urlencoded'

/**
 * A form: `form({ payload: json({…}) })`, or the members of the data as fields: `form(event.data)`. A field whose part is
 * null is left out.
 */
function formOf(fields: Fields<BodyPart, BodyForm>): BodyForm {
  return sameOnEveryAttempt(fieldBody(fields, formType, String).sameBody)
}

/** A form that differs between attempts. */
function formPerAttempt(fields: Fields<AttemptPart, AttemptBodyForm>): AttemptBodyForm {
  return fieldBody(fields, formType, String).perAttempt
}

/**
 * A body of URL-encoded fields: `form({ id: event.id })`, or `form(event.data)` with a field for each member of the data.
 * `form.perAttempt(…)` may have parts that differ between attempts.
 */
export const form = Object.assign(formOf, { perAttempt: formPerAttempt })

/** The same delivery has the same boundary on every attempt. No customer knows it before the delivery exists. */
function boundaryOf({ delivery }: Message): string {
  return `posthorn-${delivery}`
}

const multipartType = (message: Message): string => `multipart/form-data; boundary=${boundaryOf(message)}`

function writeMultipart(fields: URLSearchParams, message: Message): string {
  const boundary = boundaryOf(message)
  let body = ''
  for (const [name, value] of fields) {
    const escaped = name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
    body += `--${boundary}\r\ncontent-disposition: form-data; name="${escaped}"\r\n\r\n${value}\r\n`
  }
  return `${body}--${boundary}--\r\n`
}

/** `multipart/form-data`, as `form`. */
function multipartOf(fields: Fields<BodyPart, BodyForm>): BodyForm {
  return sameOnEveryAttempt(fieldBody(fields, multipartType, writeMultipart).sameBody)
}

/** `multipart/form-data` that differs between attempts. */
function multipartPerAttempt(fields: Fields<AttemptPart, AttemptBodyForm>): AttemptBodyForm {
  return fieldBody(fields, multipartType, writeMultipart).perAttempt
}

/** A body of the type `multipart/form-data`, as `form`. `multipart.perAttempt(…)` may have parts that differ between attempts. */
export const multipart = Object.assign(multipartOf, { perAttempt: multipartPerAttempt })
