import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { Button } from '../../shared/parts/Button.tsx'
import { Empty } from '../../shared/parts/Notice.tsx'
import { Page } from '../../shared/parts/Page.tsx'
import { Health } from '../../shared/parts/Status.tsx'
import { Stranger } from '../../shared/parts/Stranger.tsx'
import { type Column, Table } from '../../shared/parts/Table.tsx'
import { Time } from '../../shared/parts/Time.tsx'
import { useList } from '../../shared/queries.ts'
import type { Endpoint } from '../../shared/types.ts'
import { useMay, useTenantPath } from '../shell/session.ts'
import { NewEndpoint } from './NewEndpoint.tsx'
import { targetOf } from '../../shared/target.ts'

const columns: readonly Column<Endpoint>[] = [
  {
    name: 'URL',
    width: 'minmax(0, 3fr)',
    cell: ({ id, url }) => (
      <Link to="/endpoints/$endpoint" params={{ endpoint: id }}>
        <Stranger>{targetOf({ id, url })}</Stranger>
      </Link>
    ),
  },
  {
    name: 'Events',
    cell: ({ eventTypes }) =>
      eventTypes.length === 1 ? <Stranger>{eventTypes[0] ?? ''}</Stranger> : eventTypes.length,
  },
  { name: 'State', width: '110px', cell: ({ enabled, health }) => <Health enabled={enabled} health={health} /> },
  { name: 'Last attempt', width: '160px', cell: ({ lastAttemptAt }) => <Time at={lastAttemptAt} /> },
]

export function Endpoints() {
  const may = useMay()
  const path = useTenantPath()('/endpoints')
  const [isNew, setNew] = useState(false)
  const endpoints = useList<Endpoint>(path, { everyMs: 15_000 })
  return (
    <Page
      title="Endpoints"
      lead="The addresses that get your events."
      actions={
        may('createEndpoint') && (
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
        empty={
          <Empty title="You have no endpoint yet">
            {may('createEndpoint') ? 'Add the URL of your server, and the events that it should get.' : null}
          </Empty>
        }
      />
      {isNew && <NewEndpoint onClose={() => setNew(false)} />}
    </Page>
  )
}
