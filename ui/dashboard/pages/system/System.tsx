import { Failure, Loading } from '../../../shared/parts/Notice.tsx'
import { Fact, Facts, Page, Section } from '../../../shared/parts/Page.tsx'
import { Badge } from '../../../shared/parts/Status.tsx'
import { type Column, Table } from '../../../shared/parts/Table.tsx'
import { Time } from '../../../shared/parts/Time.tsx'
import { useRead } from '../../../shared/queries.ts'
import type { Status } from '../../../shared/types.ts'

type Node = Status['nodes'][number]

const columns: readonly Column<Node>[] = [
  { name: 'Node', cell: ({ id }) => id },
  {
    name: 'State',
    width: '110px',
    cell: ({ isLive }) => <Badge tone={isLive ? 'good' : 'plain'}>{isLive ? 'live' : 'gone'}</Badge>,
  },
  { name: 'Role', width: '90px', cell: ({ role }) => role ?? '–' },
  { name: 'Version', width: '100px', cell: ({ version }) => version ?? '–' },
  { name: 'Started', width: '160px', cell: ({ startedAt }) => <Time at={startedAt} /> },
  { name: 'Heartbeat', width: '160px', cell: ({ heartbeatAt }) => <Time at={heartbeatAt} /> },
]

const numbers = new Intl.NumberFormat('en')

/** Nodes, storage and retention. */
export function System() {
  const { data, error, refetch } = useRead<Status>('/v1/status', { everyMs: 5000 })
  if (data === undefined)
    return error ? <Failure error={error} retry={() => void refetch()} /> : <Loading what="the status" />
  const { nodes, waiting, queued, inFlight, database, retention, version } = data
  return (
    <Page title="System" lead="The nodes of this installation, and its database.">
      <Section title="Deliveries now">
        <Facts>
          <Fact name="Waiting in the database">{numbers.format(waiting)}</Fact>
          <Fact name="In memory of the node that answered">{numbers.format(queued)}</Fact>
          <Fact name="Attempts under way there">{numbers.format(inFlight)}</Fact>
        </Facts>
      </Section>
      <Section title="Nodes">
        <Table
          what="nodes"
          columns={columns}
          loaded={{
            rows: nodes,
            isLoading: false,
            error: null,
            hasMore: false,
            isLoadingMore: false,
            loadMore: () => {},
            retry: () => {},
          }}
          keyOf={({ id }) => id}
          empty={null}
        />
      </Section>
      <Section title="Database and retention">
        <Facts>
          <Fact name="Database">{database.kind === 'sqlite' ? 'SQLite' : 'PostgreSQL'}</Fact>
          <Fact name="Size">{sizeText(database.bytes)}</Fact>
          <Fact name="Events and deliveries are kept">{retention.historyDays} days</Fact>
          <Fact name="Audit records are kept">{retention.auditDays} days</Fact>
          <Fact name="Version of the node that answered">{version}</Fact>
        </Facts>
      </Section>
    </Page>
  )
}

function sizeText(bytes: number): string {
  return bytes < 1024 ** 3 ? `${(bytes / 1024 ** 2).toFixed(1)} MiB` : `${(bytes / 1024 ** 3).toFixed(1)} GiB`
}
