import type { Refusal } from './generated.ts'

/**
 * The code of a failed call: a code of the API (docs/errors.md), or one of the client. `unreachable`: no answer came.
 * `timed_out`: none came in time. `unreadable`: the answer is not one of Posthorn's.
 */
export type ErrorCode = Refusal['code'] | 'unreachable' | 'timed_out' | 'unreadable' | 'invalid_parameter'

/** A call that failed. Its message is a sentence. */
export class PosthornError extends Error {
  override readonly name = 'PosthornError'
  readonly code: ErrorCode
  /** The HTTP status; 0: no answer came. */
  readonly status: number
  /** The fields of the request that are wrong. */
  readonly errors: readonly { readonly field: string; readonly message: string }[]
  /** The id of the request in the server's log; null: no answer came. */
  readonly requestId: string | null
  /** After how many seconds the call may be made again; null: the server does not say. */
  readonly retryAfterSeconds: number | null

  constructor(
    message: string,
    {
      code,
      status = 0,
      errors = [],
      requestId = null,
      retryAfterSeconds = null,
      cause,
    }: Pick<PosthornError, 'code'> &
      Partial<Pick<PosthornError, 'status' | 'errors' | 'requestId' | 'retryAfterSeconds' | 'cause'>>,
  ) {
    super(message, { cause })
    this.code = code
    this.status = status
    this.errors = errors
    this.requestId = requestId
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** The error of an answer whose status is not of success. */
export function errorOf({ status, headers }: Response, text: string): PosthornError {
  const problem = problemOf(text)
  const retryAfterSeconds = secondsOf(headers.get('retry-after'))
  const requestId = problem?.requestId ?? headers.get('x-request-id')
  if (problem?.code === undefined) {
    const location = headers.get('location')
    const message = `The answer has the status ${status}${location === null ? '' : `, and redirects to ${location}`}.`
    return new PosthornError(message, { code: 'unreadable', status, requestId, retryAfterSeconds })
  }
  const { detail = '', code, errors = [] } = problem
  return new PosthornError(detail, { code, status, errors, requestId, retryAfterSeconds })
}

function problemOf(text: string): Partial<Refusal> | null {
  try {
    return JSON.parse(text) as Partial<Refusal> | null
  } catch {
    return null
  }
}

/** The seconds of a Retry-After header, which is a number or a date. */
function secondsOf(header: string | null): number | null {
  if (header === null) return null
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000
  return Number.isNaN(seconds) ? null : Math.max(0, seconds)
}
