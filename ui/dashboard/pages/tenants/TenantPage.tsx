import { Link, useParams, useSearch } from '@tanstack/react-router'
import { Failure, Loading } from '../../../shared/parts/Notice.tsx'
import { Fact, Facts, Page, Section } from '../../../shared/parts/Page.tsx'
import { Stranger } from '../../../shared/parts/Stranger.tsx'
import { Tabs } from '../../../shared/parts/Tabs.tsx'
import { durationText, Time } from '../../../shared/parts/Time.tsx'
import { useRead } from '../../../shared/queries.ts'
import type { Dialect, Tenant } from '../../../shared/types.ts'
import { RecentDeliveries } from '../../parts/RecentDeliveries.tsx'
import { useCanChange, useSession } from '../../shell/session.ts'
import { DeleteTenant } from './DeleteTenant.tsx'
import { ErasureProgress } from './ErasureProgress.tsx'
import { PortalLinks } from './PortalLinks.tsx'
import { PublishEvent } from './PublishEvent.tsx'
import { TenantEndpoints } from './TenantEndpoints.tsx'
import { TenantKeys } from './TenantKeys.tsx'
import { TenantSecrets } from './TenantSecrets.tsx'
import type { TenantPartProps } from './tenant-part.ts'
import { TenantSettings } from './TenantSettings.tsx'

const endpoints = { tab: 'endpoints', title: 'Endpoints', Part: TenantEndpoints } as const
const shared = [
  endpoints,
  { tab: 'keys', title: 'API keys', Part: TenantKeys },
  {
    tab: 'deliveries',
    title: 'Deliveries',
    Part: ({ tenant }: TenantPartProps) => <RecentDeliveries tenant={tenant.id} />,
  },
] as const
const publishing = { tab: 'event', title: 'Post an event', Part: PublishEvent } as const
const changing = [
  { tab: 'settings', title: 'Settings', Part: TenantSettings },
  { tab: 'secrets', title: 'Secrets', Part: TenantSecrets },
  { tab: 'portal', title: 'Portal', Part: PortalLinks },
] as const

export function TenantPage() {
  const { tenant: id } = useParams({ from: '/tenants/$tenant' })
  const search = useSearch({ from: '/tenants/$tenant' })
  const canChange = useCanChange()
  // The events of the system tenant are made by Posthorn alone.
  const canPublish = useSession().key.role !== 'read' && id !== '~posthorn'
  const erasure = search['erasure']
  const isDeleted = typeof erasure === 'string'
  const tenant = useRead<Tenant>(`/v1/tenants/${encodeURIComponent(id)}`, { isEnabled: !isDeleted })
  const name = tenant.data?.dialect ?? ''
  const dialect = useRead<Dialect>(`/v1/dialects/${encodeURIComponent(name)}`, { isEnabled: name !== '' })
  if (isDeleted) return <ErasureProgress id={erasure} tenant={id} />
  const error = tenant.error ?? dialect.error
  if (tenant.data === undefined || dialect.data === undefined)
    return error ? <Failure error={error} /> : <Loading what="the tenant" />
  const tabs = [...shared, ...(canPublish ? [publishing] : []), ...(canChange ? changing : [])]
  const { tab, title, Part } = tabs.find((one) => one.tab === search['tab']) ?? endpoints
  return (
    <Page
      title={<Stranger>{tenant.data.name ?? id}</Stranger>}
      name={`${title} · ${tenant.data.name ?? id}`}
      above={<Link to="/tenants">Tenants</Link>}
      actions={canChange && <DeleteTenant tenant={tenant.data} />}
    >
      <TenantFacts tenant={tenant.data} dialect={dialect.data} />
      <Tabs label="Parts of the tenant">
        {tabs.map(({ tab: one, title: text }) => (
          <Link
            key={one}
            to="/tenants/$tenant"
            params={{ tenant: id }}
            search={{ tab: one }}
            aria-current={one === tab ? 'page' : undefined}
          >
            {text}
          </Link>
        ))}
      </Tabs>
      <Part tenant={tenant.data} dialect={dialect.data} />
    </Page>
  )
}

function TenantFacts({ tenant, dialect }: TenantPartProps) {
  const { id, createdAt, settings, retainSeconds, retainDataSeconds } = tenant
  const time = (seconds: number | null): string =>
    seconds === null ? 'as in the settings' : durationText(seconds * 1000)
  return (
    <Section>
      <Facts>
        <Fact name="Id">
          <Stranger>{id}</Stranger>
        </Fact>
        <Fact name="Dialect">
          <Link to="/dialects/$dialect" params={{ dialect: dialect.name }}>
            {dialect.title}
          </Link>
        </Fact>
        <Fact name="Created">
          <Time at={createdAt} />
        </Fact>
        <Fact name="History is kept">{time(retainSeconds)}</Fact>
        <Fact name="Data of events is kept">
          {retainDataSeconds === null ? 'as long as events' : time(retainDataSeconds)}
        </Fact>
        {Object.entries(settings).map(([setting, value]) => (
          <Fact key={setting} name={setting}>
            <Stranger>{value}</Stranger>
          </Fact>
        ))}
      </Facts>
    </Section>
  )
}
