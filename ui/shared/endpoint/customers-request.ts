// The requests with which customers make and change endpoints in the API of their dialect.

import { queryText } from '../client.ts'
import type { ShownRequest } from '../http-request.ts'
import type { EndpointForm } from '../types.ts'
import type { EndpointBody, FormField } from './endpoint-values.ts'

export interface CustomersRequest {
  readonly tenant: string
  /** The id of the endpoint; absent: it is a new one. */
  readonly endpoint?: string
  /** The fields of the operator API that are given. */
  readonly body: EndpointBody
  /** All fields that the endpoint then has; default: those that are given. */
  readonly whole?: EndpointBody
}

/** The request with which the customer does the same. */
export function customersRequest(
  form: EndpointForm,
  { tenant, endpoint = '', body, whole = body }: CustomersRequest,
): ShownRequest {
  const fields: Record<string, unknown> = {}
  const query: Record<string, string> = {}
  let { path } = form
  for (const field of form.fields) {
    const given = field.in !== 'body' || form.isWhole ? whole : body
    const isRemoved = endpoint !== '' && field.is === 'filter' && given['filters'] !== undefined
    const value = vendorValue(field, given) ?? (isRemoved ? null : undefined)
    if (value === undefined) continue
    if (field.in === 'path') path = path.replace(`{${field.name}}`, encodeURIComponent(textOf(value)))
    else if (field.in === 'query') query[field.name] = textOf(value)
    else setMember(fields, field.name, value)
  }
  const inMember = form.isList ? [fields] : fields
  const named = (text: string): string => text.replace('{tenant}', tenant).replace('{endpoint}', endpoint)
  const hasBody = form.fields.some((field) => field.in === 'body')
  const values = (texts: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, named(text)]))
  return {
    method: form.method,
    // The place of the key stays readable.
    path:
      path.replace('{endpoint}', encodeURIComponent(endpoint)) +
      queryText({ ...values(form.query), ...query }).replace('%7Bkey%7D', '{key}'),
    headers: values(form.headers),
    ...(hasBody && { body: form.member === null ? fields : { [form.member]: inMember } }),
  }
}

/** The fields that the customer's request must have and the form does not give. */
export function missingFields(form: EndpointForm, body: EndpointBody): readonly string[] {
  return form.fields.filter((field) => field.isRequired && isMissing(vendorValue(field, body))).map(({ name }) => name)
}

function isMissing(value: unknown): boolean {
  return value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
}

/** The vendor's value of a field; undefined: the request leaves it out. */
function vendorValue({ is, of, words, ...field }: FormField, body: EndpointBody): unknown {
  const types = body['eventTypes'] as readonly string[] | undefined
  const secrets = body['secrets'] as readonly string[] | undefined
  const member = (name: string): unknown => (body[name] as EndpointBody | undefined)?.[of ?? '']
  switch (is) {
    case 'eventType':
      return types?.[0]
    case 'eventTypes':
      return types?.includes('*') && 'all' in field ? field.all : types
    case 'eventFlag':
      return types?.includes(of ?? '')
    case 'enabled':
      return body['enabled'] === undefined ? undefined : body['enabled'] === true ? words?.on : words?.off
    case 'secret':
      return secrets?.[0]
    case 'filter':
      return member('filters')
    case 'detail':
      return member('details')
    case 'url':
    case 'description':
    case 'secrets':
    case 'headers':
      return body[is]
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function setMember(object: Record<string, unknown>, name: string, value: unknown): void {
  const path = name.split('.')
  const last = path.pop() ?? ''
  let inner = object
  for (const key of path) inner = (inner[key] ??= {}) as Record<string, unknown>
  inner[last] = value
}
