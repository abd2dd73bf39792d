// The errors of products on webargs and marshmallow: `{"errors":{"json":…}}`, with messages by field.

import { type CompiledErrors, errors, type Fault } from './errors.ts'
import { nestedFaults } from './faults.ts'

export interface WebargsForm {
  /** The member of `errors` for a request without a key or with a wrong one. */
  readonly unauthenticated: object
  /** The member of `errors` for a request that its key may not make. */
  readonly forbidden: object
  readonly notFound: string
  /** The faults of the fields of an endpoint that exists already. */
  readonly exists: object
  /** The product's text for a fault; null: the framework's text. `name` is the field's own name. */
  readonly words?: (fault: Fault, name: string) => unknown
  /** The field whose members have names with full stops, such as headers. */
  readonly headersField?: string
}

export function webargsErrors(form: WebargsForm): CompiledErrors {
  const { words = () => null, headersField } = form
  const said = (fault: Fault, path: readonly string[]): unknown => words(fault, path.at(-1) ?? '') ?? messageOf(fault)
  return errors({
    otherwise: {},
    unauthenticated: { body: { errors: form.unauthenticated } },
    forbidden: { body: { errors: form.forbidden } },
    notFound: { message: form.notFound },
    routeUnknown: { message: form.notFound },
    bodyMalformed: { message: 'Invalid JSON body: {detail}' },
    bodyTooLarge: { message: 'Request body is larger than {bytesMax} bytes' },
    methodNotAllowed: { message: 'Method not allowed' },
    mediaTypeUnsupported: { message: 'Unsupported media type. Please use application/json' },
    'conflict:endpoint_exists': { status: 400, body: { errors: { json: form.exists } } },
    conflict: { message: '{detail}' },
    tooManyRequests: { message: 'Too many requests' },
    loopDetected: { message: 'Loop detected: this request is a delivery of a webhook' },
    unavailable: { message: 'Service unavailable' },
    requestUnreadable: { message: '{detail}' },
    internal: { message: 'Internal server error' },
    body: ({ faults, message }) => ({
      errors: { json: faults.length === 0 ? message : nestedFaults(faults, said, pathsWith(headersField)) },
    }),
  })
}

function messageOf({ rule, message, expected }: Fault): string {
  if (rule === 'type' && expected !== undefined) return `must be ${/^[aeiou]/.test(expected) ? 'an' : 'a'} ${expected}`
  return message.replace('URL', 'url')
}

/** `items.0.headers.X-A.B` is the header `X-A.B`. */
function pathsWith(headersField: string | undefined): (field: string) => readonly string[] {
  if (headersField === undefined) return (field) => field.split('.')
  const pattern = new RegExp(`^(.*?${RegExp.escape(headersField)})\\.(.*)$`, 's')
  return (field) => {
    const [, before = field, name] = pattern.exec(field) ?? []
    return [...before.split('.'), ...(name === undefined ? [] : [name])]
  }
}
