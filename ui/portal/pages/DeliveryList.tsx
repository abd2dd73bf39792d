import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { endpointText } from '../../shared/endpoint/endpoint-text.ts'
import { Filters, SelectField } from '../../shared/parts/fields.tsx'
import { Empty } from '../../shared/parts/Notice.tsx'
import { DeliveryStatus } from '../../shared/parts/Status.tsx'
import { Stranger } from '../../shared/parts/Stranger.tsx'
import { type Column, Table } from '../../shared/parts/Table.tsx'
import { Time } from '../../shared/parts/Time.tsx'
import { useList } from '../../shared/queries.ts'
import type { Delivery } from '../../shared/types.ts'
import { useSession } from '../shell/session.ts'

const columns: readonly Column<Delivery>[] = [
  {
    name: 'Event',
    width: 'minmax(0, 2fr)',
    cell: ({ id, eventType }) => (
      <Link to="/deliveries/$delivery" params={{ delivery: id }}>
        <Stranger>{eventType}</Stranger>
      </Link>
    ),
  },
  { name: 'State', width: '120px', cell: (delivery) => <DeliveryStatus {...delivery} /> },
  { name: 'Attempts', width: '90px', cell: ({ attempts }) => attempts },
  { name: 'Created', width: '160px', cell: ({ createdAt }) => <Time at={createdAt} /> },
]
const ofAll: readonly Column<Delivery>[] = [
  ...columns,
  {
    name: 'Endpoint',
    cell: (delivery) => (
      <Link
        to="/endpoints/$endpoint"
        params={{ endpoint: delivery.endpoint }}
        title={delivery.endpointUrl ?? undefined}
      >
        <Stranger>{endpointText(delivery)}</Stranger>
      </Link>
    ),
  },
]

/** @param endpoint of one endpoint; absent: of all */
export function DeliveryList({ endpoint }: { readonly endpoint?: string }) {
  const { tenant } = useSession()
  const [status, setStatus] = useState('')
  const deliveries = useList<Delivery>('/portal/api/v1/deliveries', {
    query: { tenant, endpoint, status },
    everyMs: 10_000,
  })
  return (
    <>
      <Filters>
        <SelectField label="State" value={status} onChange={({ target }) => setStatus(target.value)}>
          <option value="">all</option>
          <option value="pending">pending</option>
          <option value="delivered">delivered</option>
          <option value="failed">failed</option>
          <option value="cancelled">cancelled</option>
        </SelectField>
      </Filters>
      <Table
        what="deliveries"
        columns={endpoint === undefined ? ofAll : columns}
        loaded={deliveries}
        keyOf={({ id }) => id}
        empty={<Empty title="There is no such delivery" />}
      />
    </>
  )
}
