import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { Button } from '../../../shared/parts/Button.tsx'
import { Empty } from '../../../shared/parts/Notice.tsx'
import { Section } from '../../../shared/parts/Page.tsx'
import { Health } from '../../../shared/parts/Status.tsx'
import { Stranger } from '../../../shared/parts/Stranger.tsx'
import { type Column, Table } from '../../../shared/parts/Table.tsx'
import { Time } from '../../../shared/parts/Time.tsx'
import { useList } from '../../../shared/queries.ts'
import type { Endpoint } from '../../../shared/types.ts'
import { useCanChange } from '../../shell/session.ts'
import { NewEndpoint } from '../endpoints/NewEndpoint.tsx'
import type { TenantPartProps } from './tenant-part.ts'
import { targetOf } from '../../../shared/target.ts'

const columns: readonly Column<Endpoint>[] = [
  {
    name: 'Endpoint',
    width: 'minmax(0, 2fr)',
    cell: ({ id, tenant, url }) => (
      <Link to="/tenants/$tenant/endpoints/$endpoint" params={{ tenant, endpoint: id }}>
        <Stranger>{targetOf({ id, url })}</Stranger>
      </Link>
    ),
  },
  { name: 'Health', width: '110px', cell: (endpoint) => <Health {...endpoint} /> },
  { name: 'Event types', cell: ({ eventTypes }) => <Stranger>{eventTypes.join(', ')}</Stranger> },
  {
    name: 'Description',
    cell: ({ description }) => (description === null ? '–' : <Stranger>{description}</Stranger>),
  },
  { name: 'Last attempt', width: '160px', cell: ({ lastAttemptAt }) => <Time at={lastAttemptAt} /> },
]

export function TenantEndpoints({ tenant, dialect }: TenantPartProps) {
  const canChange = useCanChange()
  const [isNew, setNew] = useState(false)
  const endpoints = useList<Endpoint>(`/v1/tenants/${encodeURIComponent(tenant.id)}/endpoints`, { everyMs: 10_000 })
  return (
    <Section
      title="Endpoints"
      actions={
        canChange && (
          <Button kind="main" onClick={() => setNew(true)}>
            New endpoint
          </Button>
        )
      }
    >
      <Table
        what="endpoints"
        columns={columns}
        loaded={endpoints}
        keyOf={({ id }) => id}
        empty={<Empty title="The tenant has no endpoint yet">Events that are posted now are sent to nobody.</Empty>}
      />
      <NewEndpoint {...{ tenant, dialect }} isOpen={isNew} onClose={() => setNew(false)} />
    </Section>
  )
}
