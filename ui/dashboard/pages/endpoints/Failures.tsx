import { Link } from '@tanstack/react-router'
import { Empty, Failure, Loading } from '../../../shared/parts/Notice.tsx'
import { Section } from '../../../shared/parts/Page.tsx'
import { Badge } from '../../../shared/parts/Status.tsx'
import { Stranger } from '../../../shared/parts/Stranger.tsx'
import { type Column, Table } from '../../../shared/parts/Table.tsx'
import { Time } from '../../../shared/parts/Time.tsx'
import { useRead } from '../../../shared/queries.ts'
import type { Failures as Answer } from '../../../shared/types.ts'
import type { EndpointPartProps } from './endpoint-part.ts'

type Group = Answer['data'][number]

const columns: readonly Column<Group>[] = [
  {
    name: 'Outcome',
    width: '130px',
    cell: ({ outcome, status }) => <Badge tone="bad">{status === null ? outcome : `HTTP ${status}`}</Badge>,
  },
  { name: 'Text', width: 'minmax(0, 3fr)', cell: ({ text }) => <Stranger>{text}</Stranger> },
  { name: 'Count', width: '70px', cell: ({ count }) => count },
  { name: 'First', width: '160px', cell: ({ firstAt }) => <Time at={firstAt} /> },
  { name: 'Last', width: '160px', cell: ({ lastAt }) => <Time at={lastAt} /> },
  {
    name: 'Sample',
    width: '90px',
    cell: ({ sample: { delivery, attempt } }) => (
      <Link to="/deliveries/$delivery" params={{ delivery }}>
        attempt {attempt}
      </Link>
    ),
  },
]

/** The failed attempts of an endpoint, in groups of the same kind. */
export function Failures({ path }: EndpointPartProps) {
  const { data, error, refetch } = useRead<Answer>(`${path}/failures`, { everyMs: 10_000 })
  const retry = (): void => void refetch()
  if (data === undefined) return error ? <Failure error={error} retry={retry} /> : <Loading what="the failures" />
  const loaded = {
    rows: data.data,
    isLoading: false,
    error: null,
    hasMore: false,
    isLoadingMore: false,
    loadMore: retry,
    retry,
  }
  return (
    <Section title="Failures">
      <Table
        what="groups of failures"
        columns={columns}
        loaded={loaded}
        keyOf={({ sample }) => `${sample.delivery} ${sample.attempt}`}
        empty={<Empty title="No attempt has failed">Among those that were searched.</Empty>}
      />
      {data.searchedTo !== null && (
        <p>
          Searched back to <Time at={data.searchedTo} />.
        </p>
      )}
    </Section>
  )
}
