// The errors of products on Symfony: `{error, message, code}`, with the messages of its validator and of its JWT bundle.

import { type CompiledErrors, errors, type Fault, type ProblemKind } from './errors.ts'

interface Titled {
  /** The title, beside the message. */
  readonly error: string
}

type Row =
  | readonly [error: string, message: string, status?: number]
  | { readonly status?: number; readonly body: object }

/** The product's texts for its own problems. The framework has texts for the others. */
export type SymfonyForm = Readonly<
  Partial<Record<ProblemKind | `${'notFound' | 'forbidden' | 'conflict'}:${string}`, Row>>
> & {
  /**
   * What the product says of a fault, with the status of the answer if all faults have it: 422 is for a well-formed value
   * that the product does not accept, 400 for a malformed one. Null: 400, and what the framework says.
   */
  readonly words: (fault: Fault) => readonly [status: 400 | 422, message: string] | null
}

export function symfonyErrors({ words, ...rows }: SymfonyForm): CompiledErrors {
  return errors<Titled>({
    otherwise: { error: 'Bad request' },
    'unauthenticated:missing': unauthenticated('JWT Token not found'),
    'unauthenticated:expired': unauthenticated('Expired JWT Token'),
    unauthenticated: unauthenticated('Invalid JWT Token'),
    routeUnknown: { error: 'Not found', message: 'No route found for "{method} {path}"' },
    methodNotAllowed: ({ method, allowed }) => ({
      error: 'Method not allowed',
      message: `Method ${method} is not allowed here (allowed: ${allowed.join(', ')})`,
    }),
    mediaTypeUnsupported: {
      error: 'Unsupported media type',
      message: 'The request body must be sent as application/json',
    },
    bodyMalformed: { error: 'Invalid JSON', message: 'The request body could not be read: {detail}' },
    bodyTooLarge: { error: 'Payload too large', message: 'The request body must have at most {bytesMax} bytes' },
    invalid({ where, fields }) {
      const said = fields.map((fault) => [fault.field.split('.')[0], words(fault) ?? [400, messageOf(fault)]] as const)
      const status = where === 'query' || said.every(([, [code]]) => code === 422) ? 422 : 400
      const messages = said.toReversed().map(([field, [, text]]) => [field, text] as const)
      const message = 'The request contains invalid data'
      return {
        status,
        body: { error: 'Validation failed', message, code: status, errors: Object.fromEntries(messages) as object },
      }
    },
    conflict: { error: 'Conflict', message: '{detail}' },
    loopDetected: { error: 'Loop detected', message: 'This request is a delivery of a webhook' },
    unavailable: { error: 'Service unavailable' },
    requestUnreadable: { error: 'Unreadable request', message: 'The request could not be read: {detail}' },
    internal: { error: 'Internal server error', message: 'Something went wrong on our side' },
    ...Object.fromEntries(Object.entries(rows).map(([kind, row]) => [kind, saidIn(row as Row)])),
    body: ({ status, error, message }) => ({ error, message, code: status }),
  })
}

function saidIn(row: Row) {
  if ('body' in row) return row
  const [error, message, status] = row
  return { error, message, ...(status !== undefined && { status }) }
}

function unauthenticated(message: string) {
  return { headers: { 'www-authenticate': 'Bearer' }, body: { code: 401, message } }
}

/** The message of a fault, as Symfony's validator writes it. */
function messageOf({ field, rule, message, limit, expected = '', value }: Fault): string {
  if (rule === 'required' || (rule === 'length' && value === '')) return 'This value should not be blank.'
  if (rule === 'type') return `This value should be of type ${expected.replaceAll(' or ', '|')}.`
  if (rule === 'length' && typeof value === 'string' && limit !== undefined) {
    return `This value is too long. It should have ${limit} characters or less.`
  }
  return field === 'url' ? `The URL ${message}.` : `This value ${message}.`
}
