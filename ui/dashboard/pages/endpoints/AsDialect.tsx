import { ApiProblem } from '../../../shared/client.ts'
import { Code, prettyJson } from '../../../shared/parts/Code.tsx'
import { Empty, Failure, Loading } from '../../../shared/parts/Notice.tsx'
import { Section } from '../../../shared/parts/Page.tsx'
import { useRead } from '../../../shared/queries.ts'
import type { CustomersView } from '../../../shared/types.ts'
import type { EndpointPartProps } from './endpoint-part.ts'

/** The customer's own request for its endpoint, and the answer of the dialect. */
export function AsDialect({ dialect, path }: EndpointPartProps) {
  const { data, error } = useRead<CustomersView>(`${path}/as-dialect`)
  return (
    <Section title="As the customer sees it">
      {data === undefined ? <NoView error={error} /> : <View {...data} />}
    </Section>
  )

  function NoView({ error: reason }: { readonly error: unknown }) {
    if (reason instanceof ApiProblem && reason.code === 'no_route_in_dialect')
      return <Empty title={`${dialect.title} has no request that shows one endpoint`}>{reason.message}</Empty>
    return reason ? <Failure error={reason} /> : <Loading what="the customer's view" />
  }
}

function View({ request, status, headers, body }: CustomersView) {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  return (
    <>
      <Code title="Request of the customer">{`${request.method} ${request.path}`}</Code>
      <Code title={`Answer: ${status}`} isWrapped>{`${lines.join('\n')}\n\n${prettyJson(body)}`}</Code>
    </>
  )
}
