import { type CustomersRequest, customersRequest } from '../../shared/endpoint/customers-request.ts'
import { ApiTwin } from '../../shared/parts/ApiTwin.tsx'
import { Code, prettyJson } from '../../shared/parts/Code.tsx'
import { useRead } from '../../shared/queries.ts'
import type { CustomersView, Dialect, Endpoint, EndpointForm } from '../../shared/types.ts'

export interface CustomersTwinProps {
  readonly dialect: Dialect
  readonly endpoint: Pick<Endpoint, 'tenant' | 'id'>
  /** The request of the dialect; null: its API has none. */
  readonly form: EndpointForm | null
  readonly given: Pick<CustomersRequest, 'body' | 'whole'>
  /** The path of the endpoint in the operator API, to show the customer's view after the change; absent: it is not shown. */
  readonly shows?: string | undefined
}

/** The request with which the customer changes its endpoint as an operator does. */
export function CustomersTwin({ dialect, endpoint, form, given, shows }: CustomersTwinProps) {
  // The customers of such a dialect have the operator API.
  if (dialect.endpointForm === null && form === null) return null
  if (form === null) return <p>The API of {dialect.title} has no such request: its customers cannot do this.</p>
  const request = customersRequest(form, { tenant: endpoint.tenant, endpoint: endpoint.id, ...given })
  return (
    <ApiTwin title={`${dialect.title}'s own API`} request={request} variable="API_KEY">
      <p>The request with which the customer does the same.</p>
      {shows !== undefined && <After path={shows} />}
    </ApiTwin>
  )
}

/** The customer's view of the endpoint as it is now, without secrets. */
function After({ path }: { readonly path: string }) {
  const { data } = useRead<CustomersView>(`${path}/as-dialect`, { query: { secrets: 'hidden' } })
  if (data === undefined) return null
  return (
    <Code title={`${data.request.method} ${data.request.path} answers ${data.status}`} isWrapped>
      {prettyJson(data.body)}
    </Code>
  )
}
