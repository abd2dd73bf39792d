/**
 * A fault of one field. `field` is a dotted path, `rule` is the broken rule, and `message` is ready to show. Vendors
 * with texts of their own make them from the rest: the bound (`limit`), the expected type, and the given value.
 */
export interface FieldError {
  readonly field: string
  readonly rule: 'required' | 'type' | 'format' | 'choice' | 'length' | 'range' | 'unknown' | 'duplicate'
  readonly message: string
  readonly limit?: number
  readonly expected?: string
  readonly value?: unknown
}

/**
 * Why a request failed. A closed set: operations and the server kit return problems, and only the called API (a
 * dialect, or the operator API) knows how to write one as a response.
 */
export type Problem =
  | { readonly kind: 'unauthenticated'; readonly reason: 'missing' | 'unknown' | 'revoked' | 'expired' }
  | { readonly kind: 'forbidden'; readonly needs: string }
  | {
      readonly kind: 'notFound'
      readonly what:
        | 'endpoint'
        | 'delivery'
        | 'attempt'
        | 'event'
        | 'tenant'
        | 'key'
        | 'operator key'
        | 'portal link'
        | 'erasure'
        | 'replay'
        | 'dialect'
        | 'set-aside event'
        | 'public key of dialect'
        | 'page'
      readonly id: string
    }
  | { readonly kind: 'invalid'; readonly where: 'body' | 'query' | 'path'; readonly fields: readonly FieldError[] }
  | { readonly kind: 'conflict'; readonly code: string; readonly detail: string }
  // `detail`: the bound is not a number of requests a minute.
  | {
      readonly kind: 'tooManyRequests'
      readonly limit: number
      readonly retryAfterSeconds: number
      readonly detail?: string
    }
  // The request is a delivery of this installation.
  | { readonly kind: 'loopDetected' }
  // `outcomeUnknown`: the change may still have taken effect.
  | { readonly kind: 'unavailable'; readonly retryAfterSeconds: number; readonly outcomeUnknown?: true }
  // Problems of HTTP itself:
  | { readonly kind: 'routeUnknown'; readonly method: string; readonly path: string }
  | { readonly kind: 'methodNotAllowed'; readonly method: string; readonly allowed: readonly string[] }
  | { readonly kind: 'mediaTypeUnsupported'; readonly accepted: readonly string[] }
  | { readonly kind: 'bodyMalformed'; readonly detail: string }
  | { readonly kind: 'bodyTooLarge'; readonly bytesMax: number }
  // No HTTP, too late, an expectation that is not met, or a head that is too long.
  | { readonly kind: 'requestUnreadable'; readonly status: 400 | 408 | 417 | 431; readonly detail: string }
  | { readonly kind: 'internal' }

/** The value that a call returned, or the problem that prevented it. */
export type Result<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly problem: Problem }

export function success<Value>(value: Value): Result<Value> {
  return { ok: true, value }
}

export function failure(problem: Problem): { readonly ok: false; readonly problem: Problem } {
  return { ok: false, problem }
}

/** The faults as one text. The field is empty if the whole value is wrong. */
export function faultsText(fields: readonly Pick<FieldError, 'field' | 'message'>[]): string {
  return fields.map(({ field, message }) => `${field} ${message}`.trimStart()).join('; ')
}

/** A failure with a fault of one field; the field is in the body by default. */
export function invalidField(
  field: string,
  rule: FieldError['rule'],
  message: string,
  where: 'body' | 'query' = 'body',
): { readonly ok: false; readonly problem: Problem } {
  return failure({ kind: 'invalid', where, fields: [{ field, rule, message }] })
}
