import { Link, useParams, useSearch } from '@tanstack/react-router'
import { Failure, Loading } from '../../../shared/parts/Notice.tsx'
import { Page } from '../../../shared/parts/Page.tsx'
import { Stranger } from '../../../shared/parts/Stranger.tsx'
import { Tabs } from '../../../shared/parts/Tabs.tsx'
import { useRead } from '../../../shared/queries.ts'
import type { Dialect, Endpoint, Tenant } from '../../../shared/types.ts'
import { RecentDeliveries } from '../../parts/RecentDeliveries.tsx'
import { useCanChange } from '../../shell/session.ts'
import { AsDialect } from './AsDialect.tsx'
import { EditEndpoint } from './EditEndpoint.tsx'
import type { EndpointPartProps } from './endpoint-part.ts'
import { EndpointActions } from './EndpointActions.tsx'
import { EndpointFacts } from './EndpointFacts.tsx'
import { EndpointSecrets } from './EndpointSecrets.tsx'
import { Failures } from './Failures.tsx'
import { TestEndpoint } from './TestEndpoint.tsx'
import { targetOf } from '../../../shared/target.ts'

const deliveries = {
  tab: 'deliveries',
  title: 'Deliveries',
  Part: ({ endpoint: { tenant, id } }: EndpointPartProps) => <RecentDeliveries tenant={tenant} endpoint={id} />,
} as const
const reading = [
  deliveries,
  { tab: 'failures', title: 'Failures', Part: Failures },
  { tab: 'customer', title: 'As the customer sees it', Part: AsDialect },
] as const
const changing = [
  { tab: 'test', title: 'Test', Part: TestEndpoint },
  { tab: 'edit', title: 'Edit', Part: EditEndpoint },
  { tab: 'secrets', title: 'Secrets', Part: EndpointSecrets },
] as const

export function EndpointPage() {
  const { tenant: tenantId, endpoint: id } = useParams({ from: '/tenants/$tenant/endpoints/$endpoint' })
  const search = useSearch({ from: '/tenants/$tenant/endpoints/$endpoint' })
  const canChange = useCanChange()
  const tenantPath = `/v1/tenants/${encodeURIComponent(tenantId)}`
  const path = `${tenantPath}/endpoints/${encodeURIComponent(id)}`
  const tenant = useRead<Tenant>(tenantPath)
  const name = tenant.data?.dialect ?? ''
  const dialect = useRead<Dialect>(`/v1/dialects/${encodeURIComponent(name)}`, { isEnabled: name !== '' })
  const endpoint = useRead<Endpoint>(path, { query: { secrets: 'hidden' }, everyMs: 5_000 })
  const error = tenant.error ?? dialect.error ?? endpoint.error
  if (tenant.data === undefined || dialect.data === undefined || endpoint.data === undefined)
    return error ? <Failure error={error} /> : <Loading what="the endpoint" />
  const tabs = [...reading, ...(canChange ? changing : [])]
  const { tab, title, Part } = tabs.find((one) => one.tab === search['tab']) ?? deliveries
  const part = { tenant: tenant.data, dialect: dialect.data, endpoint: endpoint.data, path }
  return (
    <Page
      title={<Stranger>{targetOf(endpoint.data)}</Stranger>}
      name={`${title} · ${targetOf(endpoint.data)}`}
      above={
        <>
          <Link to="/tenants">Tenants</Link>
          <span>/</span>
          <Link to="/tenants/$tenant" params={{ tenant: tenantId }}>
            <Stranger>{tenant.data.name ?? tenantId}</Stranger>
          </Link>
        </>
      }
      actions={canChange && <EndpointActions {...part} />}
    >
      <EndpointFacts {...part} />
      <Tabs label="Parts of the endpoint">
        {tabs.map(({ tab: one, title: text }) => (
          <Link
            key={one}
            to="/tenants/$tenant/endpoints/$endpoint"
            params={{ tenant: tenantId, endpoint: id }}
            search={{ tab: one }}
            aria-current={one === tab ? 'page' : undefined}
          >
            {text}
          </Link>
        ))}
      </Tabs>
      {/* Another endpoint starts with forms of its own. */}
      <Part key={path} {...part} />
    </Page>
  )
}
