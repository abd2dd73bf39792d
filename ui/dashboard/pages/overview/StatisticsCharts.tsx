import { useMemo } from 'react'
import { Chart } from '../../../shared/parts/Chart.tsx'
import { Section } from '../../../shared/parts/Page.tsx'
import { durationText } from '../../../shared/parts/Time.tsx'
import type { Statistics } from '../../../shared/types.ts'
import { attemptsIn, noCounts, stepMs } from './counts.ts'
import styles from './Overview.module.css'

const numbers = new Intl.NumberFormat('en', { notation: 'compact' })
const numberText = (value: number): string => numbers.format(value)

/** Attempts and their durations over time. Steps without any are zero. */
export function StatisticsCharts({ statistics }: { readonly statistics: Statistics }) {
  const { times, attempts, durations } = useMemo(() => seriesOf(statistics), [statistics])
  return (
    <div className={styles.pair}>
      <Section>
        <Chart title={`Attempts per ${statistics.step}`} times={times} series={attempts} text={numberText} />
      </Section>
      <Section>
        <Chart title="Duration of attempts" times={times} series={durations} text={durationText} />
      </Section>
    </div>
  )
}

function seriesOf({ from, to, step, data }: Statistics) {
  const points = new Map((data[0]?.points ?? []).map((point) => [Date.parse(point.at), point]))
  const times: number[] = []
  for (let at = Date.parse(from); at < Date.parse(to); at += stepMs[step]) times.push(at)
  const found = times.map((at) => points.get(at) ?? noCounts)
  const failed = found.map(({ attempts }) => attemptsIn(attempts) - attempts.delivered)
  const quantile = (name: 'p50' | 'p95' | 'p99') => found.map(({ latencyMs }) => latencyMs?.[name] ?? null)
  return {
    times: times.map((at) => at / 1000),
    attempts: [
      { name: 'succeeded', colour: '--good', values: found.map(({ attempts }) => attempts.delivered), isArea: true },
      { name: 'failed', colour: '--bad', values: failed, isArea: true },
    ],
    durations: [
      { name: 'median', colour: '--accent', values: quantile('p50') },
      { name: '95 %', colour: '--brass', values: quantile('p95') },
      { name: '99 %', colour: '--bad', values: quantile('p99') },
    ],
  }
}
