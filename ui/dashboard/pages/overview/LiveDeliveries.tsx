import { Link } from '@tanstack/react-router'
import { counted } from '../../../shared/counted.ts'
import { useLive } from '../../../shared/live.ts'
import { Empty } from '../../../shared/parts/Notice.tsx'
import { Badge } from '../../../shared/parts/Status.tsx'
import { Stranger } from '../../../shared/parts/Stranger.tsx'
import { durationText, Time } from '../../../shared/parts/Time.tsx'
import styles from './Overview.module.css'

const shown = 20

/** The attempts of all nodes as they happen. */
export function LiveDeliveries() {
  const deliveries = useLive('deliveries')
  const leftOut = useLive('leftOut')
  const isLive = useLive('isLive')
  return (
    <>
      <p className={styles.live}>
        <Badge tone={isLive ? 'good' : 'warn'}>{isLive ? 'live' : 'connecting'}</Badge>
        {leftOut > 0 && ` Not shown: ${counted(leftOut, 'attempt')}. At most 20 a second are.`}
      </p>
      {deliveries.length === 0 ? (
        <Empty title="No attempt since this page was opened" />
      ) : (
        <ol className={styles.tail}>
          {deliveries.slice(0, shown).map((row) => (
            <li key={`${row.delivery} ${row.attempt}`}>
              <Time at={row.at} />
              <Badge tone={row.outcome === 'delivered' ? 'good' : 'bad'}>{row.httpStatus ?? row.outcome}</Badge>
              <Link to="/deliveries/$delivery" params={{ delivery: row.delivery }}>
                <Stranger>{row.eventType}</Stranger>
              </Link>
              <span className={styles.tenant}>
                <Stranger>{row.tenant}</Stranger>
              </span>
              <span>{durationText(row.durationMs)}</span>
            </li>
          ))}
        </ol>
      )}
    </>
  )
}
