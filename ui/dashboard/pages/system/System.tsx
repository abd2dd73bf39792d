import { Failure, Loading } from '../../../shared/parts/Notice.tsx'
import { Fact, Facts, Page, Section } from '../../../shared/parts/Page.tsx'
import { PlainTable } from '../../../shared/parts/PlainTable.tsx'
import { Badge } from '../../../shared/parts/Status.tsx'
import { Time } from '../../../shared/parts/Time.tsx'
import { useRead } from '../../../shared/queries.ts'
import type { Status } from '../../../shared/types.ts'

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
        <PlainTable
          label="Nodes"
          head={['Node', 'State', 'Role', 'Version', 'Started', 'Heartbeat']}
          rows={nodes.map(({ id, isLive, role, version: of, startedAt, heartbeatAt }) => ({
            key: id,
            cells: [
              id,
              <Badge tone={isLive ? 'good' : 'plain'}>{isLive ? 'live' : 'gone'}</Badge>,
              role ?? '–',
              of ?? '–',
              <Time at={startedAt} />,
              <Time at={heartbeatAt} />,
            ],
          }))}
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
