import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { Ask } from '../../../shared/parts/Ask.tsx'
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
import { EndpointFacts } from './EndpointFacts.tsx'
import { EndpointSecrets } from './EndpointSecrets.tsx'
import { Failures } from './Failures.tsx'
import { TestEndpoint } from './TestEndpoint.tsx'

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
  const { tab, Part } = tabs.find((one) => one.tab === search['tab']) ?? deliveries
  const part = { tenant: tenant.data, dialect: dialect.data, endpoint: endpoint.data, path }
  return (
    <Page
      title={<Stranger>{endpoint.data.url}</Stranger>}
      above={
        <>
          <Link to="/tenants">Tenants</Link>
          <span>/</span>
          <Link to="/tenants/$tenant" params={{ tenant: tenantId }}>
            <Stranger>{tenant.data.name ?? tenantId}</Stranger>
          </Link>
        </>
      }
      actions={canChange && <Actions {...part} />}
    >
      <EndpointFacts {...part} />
      <Tabs label="Parts of the endpoint">
        {tabs.map(({ tab: one, title }) => (
          <Link
            key={one}
            to="/tenants/$tenant/endpoints/$endpoint"
            params={{ tenant: tenantId, endpoint: id }}
            search={{ tab: one }}
            aria-current={one === tab ? 'page' : undefined}
          >
            {title}
          </Link>
        ))}
      </Tabs>
      {/* Another endpoint starts with forms of its own. */}
      <Part key={path} {...part} />
    </Page>
  )
}

function Actions({ endpoint: { enabled, tenant }, path }: EndpointPartProps) {
  const navigate = useNavigate()
  return (
    <>
      {enabled ? (
        <Ask
          button="Disable"
          title="Disable this endpoint?"
          method="PATCH"
          path={path}
          body={{ enabled: false }}
          changes={[path, '/v1/deliveries']}
          done={() => undefined}
        >
          <p>Events that are posted while it is disabled are not sent to it. Its pending deliveries are cancelled.</p>
        </Ask>
      ) : (
        <Ask
          button="Enable"
          buttonKind="main"
          kind="main"
          title="Enable this endpoint?"
          method="PATCH"
          path={path}
          body={{ enabled: true }}
          changes={[path]}
          done={() => undefined}
        >
          <p>Events that are posted from now on are sent to it. Earlier ones are not.</p>
        </Ask>
      )}
      <Ask
        button="Delete"
        buttonKind="danger"
        title="Delete this endpoint?"
        action="Delete the endpoint"
        method="DELETE"
        path={path}
        changes={[]}
        done={() => void navigate({ to: '/tenants/$tenant', params: { tenant } })}
      >
        <p>
          The endpoint and its secrets are lost, and its pending deliveries are cancelled. Some dialects erase its past
          deliveries too. This cannot be undone.
        </p>
      </Ask>
    </>
  )
}
