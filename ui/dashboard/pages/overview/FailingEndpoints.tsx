import { Link } from '@tanstack/react-router'
import { useLive } from '../../../shared/live.ts'
import { Section } from '../../../shared/parts/Page.tsx'
import { Stranger } from '../../../shared/parts/Stranger.tsx'
import { Time } from '../../../shared/parts/Time.tsx'
import { useRead } from '../../../shared/queries.ts'
import type { Endpoint, Page, Tick } from '../../../shared/types.ts'
import { attemptsIn } from './counts.ts'
import styles from './Overview.module.css'
import { targetOf } from '../../../shared/target.ts'

/** The endpoints that fail now; nothing if there are none. */
export function FailingEndpoints() {
  const isLive = useLive('isLive')
  const haveFailed = useLive('ticks').slice(-15).some(hasFailed)
  const { data } = useRead<Page<Endpoint>>('/v1/endpoints', {
    query: { health: 'failing', limit: 10 },
    // Without failures there is nothing new to show.
    everyMs: (last) => (isLive && !haveFailed && last?.data.length === 0 ? 60_000 : 10_000),
  })
  if (data === undefined || data.data.length === 0) return null
  return (
    <Section
      title="Endpoints that fail now"
      actions={
        <Link to="/endpoints" search={{ health: 'failing' }}>
          All
        </Link>
      }
    >
      <ul className={styles.failing}>
        {data.data.map(({ id, tenant, url, health }) => (
          <li key={`${tenant} ${id}`}>
            <Link to="/tenants/$tenant/endpoints/$endpoint" params={{ tenant, endpoint: id }}>
              <Stranger>{targetOf({ id, url })}</Stranger>
            </Link>{' '}
            of <Stranger>{tenant}</Stranger>
            {health.since !== null && (
              <>
                , since <Time at={health.since} />
              </>
            )}
          </li>
        ))}
      </ul>
    </Section>
  )
}

function hasFailed({ attempts }: Tick): boolean {
  return attemptsIn(attempts) > attempts.delivered
}
