import { Link, useParams } from '@tanstack/react-router'
import { Failure, Loading } from '../../../shared/parts/Notice.tsx'
import { Fact, Facts, Page, Section } from '../../../shared/parts/Page.tsx'
import { Stranger } from '../../../shared/parts/Stranger.tsx'
import { Time } from '../../../shared/parts/Time.tsx'
import { useRead } from '../../../shared/queries.ts'
import type { Tenant } from '../../../shared/types.ts'

export function TenantPage() {
  const { tenant: id } = useParams({ from: '/tenants/$tenant' })
  const tenant = useRead<Tenant>(`/v1/tenants/${encodeURIComponent(id)}`)
  if (tenant.data === undefined) return tenant.error ? <Failure error={tenant.error} /> : <Loading what="the tenant" />
  const { name, dialect, createdAt } = tenant.data
  return (
    <Page title={<Stranger>{name ?? id}</Stranger>} above={<Link to="/tenants">Tenants</Link>}>
      <Section>
        <Facts>
          <Fact name="Id">
            <Stranger>{id}</Stranger>
          </Fact>
          <Fact name="Dialect">
            <Link to="/dialects/$dialect" params={{ dialect }}>
              {dialect}
            </Link>
          </Fact>
          <Fact name="Created">
            <Time at={createdAt} />
          </Fact>
        </Facts>
      </Section>
    </Page>
  )
}
