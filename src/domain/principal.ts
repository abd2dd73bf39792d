import type { ApiKey } from './api-key.ts'
import type { CallingOperator } from './operator-key.ts'

/** Where a request comes from. The address is looked up only when it is needed. */
export interface Origin {
  /** The address of the caller, behind trusted proxies. */
  readonly clientAddress: string
}

/** The caller of an operation: the operator, or a customer with an API key. */
export type Principal = { readonly from: Origin } & (
  | { readonly kind: 'operator'; readonly key: CallingOperator }
  | { readonly kind: 'customer'; readonly key: ApiKey }
)
