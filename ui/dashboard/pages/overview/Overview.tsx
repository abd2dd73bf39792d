import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { SelectField } from '../../../shared/parts/fields.tsx'
import { Failure, Loading } from '../../../shared/parts/Notice.tsx'
import { Page, Section } from '../../../shared/parts/Page.tsx'
import { FailingEndpoints } from './FailingEndpoints.tsx'
import { LiveDeliveries } from './LiveDeliveries.tsx'
import { Numbers } from './Numbers.tsx'
import styles from './Overview.module.css'
import { rangeOf, ranges } from './ranges.ts'
import { Shares } from './Shares.tsx'
import { StatisticsCharts } from './StatisticsCharts.tsx'
import { useStatistics } from './use-statistics.ts'

export function Overview() {
  const search = useSearch({ from: '/' })
  const navigate = useNavigate({ from: '/' })
  const range = rangeOf(search['range'])
  const { statistics, error, refetch } = useStatistics(range)
  return (
    <Page
      title="Overview"
      actions={
        <SelectField
          label="Time"
          value={range.name}
          onChange={({ target }) => void navigate({ search: { range: target.value }, replace: true })}
        >
          {ranges.map(({ name, title }) => (
            <option key={name} value={name}>
              {title}
            </option>
          ))}
        </SelectField>
      }
    >
      {error !== null && <Failure error={error} retry={() => void refetch()} />}
      {statistics === undefined ? <Loading what="the statistics" /> : <Numbers statistics={statistics.now} />}
      <FailingEndpoints />
      {statistics !== undefined && <StatisticsCharts statistics={statistics.forCharts} />}
      <div className={styles.pair}>
        <Shares title="By dialect" by="dialect" range={range} />
        <Shares title="By tenant" by="tenant" range={range} />
      </div>
      <Section title="Now" actions={<Link to="/deliveries">All deliveries</Link>}>
        <LiveDeliveries />
      </Section>
    </Page>
  )
}
