import type { ReactNode } from 'react'
import { useLive } from '../../../shared/live.ts'
import { durationText } from '../../../shared/parts/Time.tsx'
import { useRead } from '../../../shared/queries.ts'
import type { Statistics, Status } from '../../../shared/types.ts'
import { attemptsIn, noCounts } from './counts.ts'
import styles from './Overview.module.css'

const numbers = new Intl.NumberFormat('en')

export function Numbers({ statistics }: { readonly statistics: Statistics }) {
  const { events, attempts, ended, latencyMs } = statistics.data[0]?.total ?? noCounts
  const all = attemptsIn(attempts)
  const isLive = useLive('isLive')
  const tick = useLive('ticks').at(-1)
  const status = useRead<Status>('/v1/status', { isEnabled: !isLive, everyMs: 10_000 })
  const now = isLive && tick !== undefined ? tick : status.data
  // The first ticks may have no count yet.
  const waiting = now?.waiting ?? status.data?.waiting
  return (
    <dl className={styles.numbers}>
      <Tile name="Events">{numbers.format(events)}</Tile>
      <Tile name="Delivered">{numbers.format(ended.delivered)}</Tile>
      <Tile name="Failed">{numbers.format(ended.failed)}</Tile>
      <Tile name="Attempts that succeeded">
        {all === 0 ? '–' : `${((attempts.delivered / all) * 100).toFixed(attempts.delivered === all ? 0 : 2)} %`}
      </Tile>
      <Tile name="Attempts a second, now">
        {!isLive || tick === undefined ? '–' : numbers.format(attemptsIn(tick.attempts))}
      </Tile>
      <Tile name="Half of the attempts within">{latencyMs === null ? '–' : durationText(latencyMs.p50)}</Tile>
      <Tile name="95 % of the attempts within">{latencyMs === null ? '–' : durationText(latencyMs.p95)}</Tile>
      <Tile name="99 % of the attempts within">{latencyMs === null ? '–' : durationText(latencyMs.p99)}</Tile>
      <Tile name="Waiting now">{typeof waiting !== 'number' ? '–' : numbers.format(waiting)}</Tile>
      <Tile name="In flight now">{now === undefined ? '–' : numbers.format(now.inFlight)}</Tile>
    </dl>
  )
}

function Tile({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className={styles.tile}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
