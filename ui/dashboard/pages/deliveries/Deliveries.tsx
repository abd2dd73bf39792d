import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useMemo } from 'react'
import { EndpointLink } from '../../parts/EndpointLink.tsx'
import { Button } from '../../../shared/parts/Button.tsx'
import { Empty } from '../../../shared/parts/Notice.tsx'
import { Page } from '../../../shared/parts/Page.tsx'
import { DeliveryStatus, OutcomeBadge } from '../../../shared/parts/Status.tsx'
import { Stranger } from '../../../shared/parts/Stranger.tsx'
import { type Column, Table } from '../../../shared/parts/Table.tsx'
import { durationText, Time } from '../../../shared/parts/Time.tsx'
import { useList } from '../../../shared/queries.ts'
import type { Delivery } from '../../../shared/types.ts'
import { useCanChange } from '../../shell/session.ts'
import { type FilterSearch, isOfAttempts, queryOf, rangeOf, replayOf, spanOf, valuesOf } from './filter.ts'
import styles from './Deliveries.module.css'
import { FilterFields } from './FilterFields.tsx'

const columns: readonly Column<Delivery>[] = [
  {
    name: 'Event',
    width: 'minmax(140px, 1.4fr)',
    cell: ({ id, eventType }) => (
      <Link to="/deliveries/$delivery" params={{ delivery: id }}>
        <Stranger>{eventType}</Stranger>
      </Link>
    ),
  },
  {
    name: 'Status',
    width: '110px',
    cell: ({ status, attempts, attemptsBefore }) => (
      <DeliveryStatus status={status} attempts={attempts - attemptsBefore} />
    ),
  },
  {
    name: 'Last attempt',
    width: '240px',
    cell: ({ attempts, lastAttempt }) =>
      lastAttempt === null ? (
        'none yet'
      ) : (
        <>
          <OutcomeBadge {...lastAttempt} /> no. {attempts}, {durationText(lastAttempt.durationMs)}
        </>
      ),
  },
  {
    name: 'Tenant',
    width: 'minmax(110px, 1fr)',
    cell: ({ tenant }) => (
      <Link to="/tenants/$tenant" params={{ tenant }}>
        <Stranger>{tenant}</Stranger>
      </Link>
    ),
  },
  {
    name: 'Endpoint',
    width: 'minmax(150px, 1.4fr)',
    cell: (delivery) => <EndpointLink {...delivery} />,
  },
  { name: 'Created', width: '150px', cell: ({ createdAt }) => <Time at={createdAt} /> },
]

export function Deliveries() {
  const search = useSearch({ from: '/deliveries' })
  const navigate = useNavigate({ from: '/deliveries' })
  const range = rangeOf(search)
  // A range that ends now begins so long before it was chosen, so that the list does not begin again while it is read.
  const chosenAt = useMemo(() => Date.now(), [range])
  const deliveries = useList<Delivery>('/v1/deliveries', { query: queryOf(search, chosenAt), everyMs: 4000 })
  const { from } = spanOf(search, chosenAt)
  const canChange = useCanChange()
  const change = (changes: FilterSearch): void => void navigate({ search: { ...search, ...changes }, replace: true })
  const isFiltered = Object.keys(search).some((name) => valuesOf(search, name).length > 0)
  return (
    <Page
      title="Deliveries"
      lead="A delivery is one event for one endpoint. The address of this page has the filter: share it as a link."
      actions={
        isFiltered && <Button onClick={() => void navigate({ search: {}, replace: true })}>Clear the filter</Button>
      }
    >
      <FilterFields search={search} change={change} />
      <div className={styles.bar}>
        {canChange && <SendAgain search={search} chosenAt={chosenAt} />}
        {from !== undefined && (
          <span className={styles.hint}>
            {isOfAttempts(search) ? 'Attempted' : 'Created'} since <Time at={from} />
          </span>
        )}
      </div>
      <Table
        what="deliveries"
        columns={columns}
        loaded={deliveries}
        keyOf={({ id }) => id}
        empty={
          isFiltered ? (
            <Empty title="No delivery has these properties">
              <Button onClick={() => void navigate({ search: {}, replace: true })}>Clear the filter</Button>
            </Empty>
          ) : (
            <Empty title="There is no delivery yet">
              POST /v1/events makes one delivery for each endpoint that wants the event.
            </Empty>
          )
        }
      />
    </Page>
  )
}

/** Leads to a new replay of all deliveries that the filter finds, however many of them are loaded. */
function SendAgain({ search, chosenAt }: { readonly search: FilterSearch; readonly chosenAt: number }) {
  const navigate = useNavigate()
  const replay = replayOf(search, chosenAt)
  if ('refusal' in replay) {
    return (
      <>
        <Button disabled>Send all of these again …</Button>
        <span className={styles.hint}>{replay.refusal}</span>
      </>
    )
  }
  return (
    <Button onClick={() => void navigate({ to: '/replays/new', search: replay.search })}>
      Send all of these again …
    </Button>
  )
}
