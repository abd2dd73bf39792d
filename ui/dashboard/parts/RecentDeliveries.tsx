import { Link } from '@tanstack/react-router'
import { EndpointLink } from './EndpointLink.tsx'
import { Empty } from '../../shared/parts/Notice.tsx'
import { Section } from '../../shared/parts/Page.tsx'
import { DeliveryStatus } from '../../shared/parts/Status.tsx'
import { Stranger } from '../../shared/parts/Stranger.tsx'
import { type Column, Table } from '../../shared/parts/Table.tsx'
import { Time } from '../../shared/parts/Time.tsx'
import { useList } from '../../shared/queries.ts'
import type { Delivery } from '../../shared/types.ts'

const columns: readonly Column<Delivery>[] = [
  { name: 'Created', width: '160px', cell: ({ createdAt }) => <Time at={createdAt} /> },
  {
    name: 'Delivery',
    width: 'minmax(0, 2fr)',
    cell: ({ id }) => (
      <Link to="/deliveries/$delivery" params={{ delivery: id }}>
        <Stranger>{id}</Stranger>
      </Link>
    ),
  },
  { name: 'Event type', cell: ({ eventType }) => <Stranger>{eventType}</Stranger> },
  { name: 'State', width: '110px', cell: ({ status, attempts }) => <DeliveryStatus {...{ status, attempts }} /> },
  { name: 'Attempts', width: '80px', cell: ({ attempts }) => attempts },
]
const ofTenant: readonly Column<Delivery>[] = [
  ...columns,
  { name: 'Endpoint', cell: (delivery) => <EndpointLink {...delivery} /> },
]

/** The newest deliveries of a tenant, or of one endpoint. */
export function RecentDeliveries({ tenant, endpoint }: { readonly tenant: string; readonly endpoint?: string }) {
  const filter = { tenant, ...(endpoint !== undefined && { endpoint }) }
  const deliveries = useList<Delivery>('/v1/deliveries', { query: filter, everyMs: 5_000 })
  return (
    <Section
      title="Recent deliveries"
      actions={
        <Link to="/deliveries" search={filter}>
          All of them, with filters
        </Link>
      }
    >
      <Table
        what="deliveries"
        columns={endpoint === undefined ? ofTenant : columns}
        loaded={deliveries}
        keyOf={({ id }) => id}
        empty={<Empty title="There is no delivery yet">An event that an endpoint wants makes one.</Empty>}
      />
    </Section>
  )
}
