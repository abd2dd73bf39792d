// The form of deliveries, compiled: method, body and headers.

import type { DeliveryDialect } from '../../contracts/delivery-dialect.ts'
import { type AttemptBodyForm, type BodyForm, contentTypeOf } from './body.ts'
import type { DeliveryDefinition } from '../definition.ts'
import { needsOf, type Part } from './part-types.ts'

type Deliveries = Pick<DeliveryDefinition['deliveries'], 'method' | 'body' | 'headers'>
export type DeliveryForm = Pick<DeliveryDialect, 'encode' | 'headers' | 'method' | 'bodyPerAttempt' | 'needsEarlier'>

export function deliveryForm({ method = 'POST', body, headers: own }: Deliveries): DeliveryForm {
  const headers = { ...body.headers, ...own }
  return {
    encode: encoderOf(body),
    headers: compileHeaders(body, headers),
    ...(method !== 'POST' && { method: typeof method === 'string' ? () => method : method }),
    ...(body.perAttempt && { bodyPerAttempt: true as const }),
    ...needsOf([body, ...Object.values(headers)]),
  }
}

function encoderOf({ encode, perAttempt }: AttemptBodyForm): DeliveryDialect['encode'] {
  if (!perAttempt) return encode as BodyForm['encode']
  return (message, keys = [], sentAt = message.event.acceptedAt) => encode(message, { keys, sentAt })
}

/** The headers of an attempt: the constant ones once, the others per attempt. */
function compileHeaders(
  body: Pick<AttemptBodyForm, 'contentType'>,
  given: Readonly<Record<string, Part | string>>,
): DeliveryDialect['headers'] {
  const constant: Record<string, string> = {}
  const steps: { readonly name: string; readonly text: Part['text'] }[] = []
  if (typeof body.contentType === 'string') constant['content-type'] = body.contentType
  if (typeof body.contentType === 'function') {
    steps.push({ name: 'content-type', text: (message) => contentTypeOf(body, message) })
  }
  for (const [name, value] of Object.entries(given)) {
    if (typeof value === 'string') constant[name.toLowerCase()] = value
    else steps.push({ name: name.toLowerCase(), text: value.text })
  }
  return (message, bytes, keys, sentAtMs) => {
    const headers = { ...constant }
    const sending = { body: bytes, keys, sentAt: sentAtMs }
    for (const { name, text } of steps) {
      const found = text(message, sending)
      if (found !== null) headers[name] = found
    }
    return headers
  }
}
