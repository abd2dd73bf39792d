import type { Dialect, Endpoint, Tenant } from '../../../shared/types.ts'

/** A part of the page of an endpoint. */
export interface EndpointPartProps {
  readonly tenant: Tenant
  readonly dialect: Dialect
  /** Without secrets and header values. */
  readonly endpoint: Endpoint
  /** Its path in the operator API. */
  readonly path: string
}
