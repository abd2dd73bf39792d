import type { ApiKey } from './api-key.ts'

/** The caller of an operation: the operator, or a customer with an API key. */
export type Principal = { readonly kind: 'operator' } | { readonly kind: 'customer'; readonly key: ApiKey }
