import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { Button } from '../../../shared/parts/Button.tsx'
import { Filters } from '../../../shared/parts/fields.tsx'
import { Empty } from '../../../shared/parts/Notice.tsx'
import { Page } from '../../../shared/parts/Page.tsx'
import { Stranger } from '../../../shared/parts/Stranger.tsx'
import { type Column, Table } from '../../../shared/parts/Table.tsx'
import { Time } from '../../../shared/parts/Time.tsx'
import { useList } from '../../../shared/queries.ts'
import type { Replay } from '../../../shared/types.ts'
import { useCanChange } from '../../shell/session.ts'
import { valueOf } from '../deliveries/filter.ts'
import { TenantField } from '../deliveries/FilterFields.tsx'
import { progressText, ReplayState, Selected } from './words.tsx'

const columns: readonly Column<Replay>[] = [
  {
    name: 'Replay of',
    width: 'minmax(220px, 3fr)',
    cell: (replay) => (
      <Link to="/replays/$replay" params={{ replay: replay.id }}>
        <Selected replay={replay} />
      </Link>
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
  { name: 'State', width: '140px', cell: (replay) => <ReplayState replay={replay} /> },
  { name: 'Deliveries', width: 'minmax(160px, 1.3fr)', cell: progressText },
  { name: 'Created', width: '150px', cell: ({ createdAt }) => <Time at={createdAt} /> },
]

export function Replays() {
  const search = useSearch({ from: '/replays' })
  const navigate = useNavigate({ from: '/replays' })
  const canChange = useCanChange()
  const replays = useList<Replay>('/v1/replays', { query: { tenant: valueOf(search, 'tenant') }, everyMs: 3000 })
  return (
    <Page
      title="Replays"
      lead="A replay sends past deliveries of a tenant again, at a rate. It is shown for 30 days after its end."
      actions={
        canChange && (
          <Button kind="main" onClick={() => void navigate({ to: '/replays/new', search: {} })}>
            New replay
          </Button>
        )
      }
    >
      <Filters>
        <TenantField search={search} change={({ tenant }) => void navigate({ search: { tenant }, replace: true })} />
      </Filters>
      <Table
        what="replays"
        columns={columns}
        loaded={replays}
        keyOf={({ id }) => id}
        empty={
          <Empty title="There is no replay">
            One is made here, from the list of deliveries, or by POST /v1/replays.
          </Empty>
        }
      />
    </Page>
  )
}
