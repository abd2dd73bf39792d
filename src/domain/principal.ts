import type { ApiKey } from './api-key.ts'
import type { CallingOperator } from './operator-key.ts'

/** The caller of an operation: the operator, or a customer with an API key. */
export type Principal =
  | { readonly kind: 'operator'; readonly key: CallingOperator }
  | { readonly kind: 'customer'; readonly key: ApiKey }
