import { Link } from '@tanstack/react-router'
import { Empty, Failure, Loading } from '../../../shared/parts/Notice.tsx'
import { Section } from '../../../shared/parts/Page.tsx'
import { PlainTable } from '../../../shared/parts/PlainTable.tsx'
import { Badge } from '../../../shared/parts/Status.tsx'
import { Stranger } from '../../../shared/parts/Stranger.tsx'
import { Time } from '../../../shared/parts/Time.tsx'
import { useRead } from '../../../shared/queries.ts'
import type { Failures as Answer } from '../../../shared/types.ts'
import type { EndpointPartProps } from './endpoint-part.ts'

/** The failed attempts of an endpoint, in groups of the same kind. */
export function Failures({ path }: EndpointPartProps) {
  const { data, error, refetch } = useRead<Answer>(`${path}/failures`, { everyMs: 10_000 })
  if (data === undefined) {
    return error ? <Failure error={error} retry={() => void refetch()} /> : <Loading what="the failures" />
  }
  return (
    <Section title="Failures">
      {data.data.length === 0 ? (
        <Empty title="No attempt has failed">Among those that were searched.</Empty>
      ) : (
        <PlainTable
          label="Groups of failures"
          head={['Outcome', 'Text', 'Count', 'First', 'Last', 'Sample']}
          rows={data.data.map(({ outcome, status, text, count, firstAt, lastAt, sample: { delivery, attempt } }) => ({
            key: `${delivery} ${attempt}`,
            cells: [
              <Badge tone="bad">{status === null ? outcome : `HTTP ${status}`}</Badge>,
              <Stranger>{text}</Stranger>,
              count,
              <Time at={firstAt} />,
              <Time at={lastAt} />,
              <Link to="/deliveries/$delivery" params={{ delivery }}>
                attempt {attempt}
              </Link>,
            ],
          }))}
        />
      )}
      {data.searchedTo !== null && (
        <p>
          Searched back to <Time at={data.searchedTo} />.
        </p>
      )}
    </Section>
  )
}
