import { Link, useParams } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { counted } from '../../../shared/counted.ts'
import { Ask } from '../../../shared/parts/Ask.tsx'
import { Empty, Failure, Loading, Notice } from '../../../shared/parts/Notice.tsx'
import { Fact, Facts, Page, Section } from '../../../shared/parts/Page.tsx'
import { PlainTable } from '../../../shared/parts/PlainTable.tsx'
import { Stranger } from '../../../shared/parts/Stranger.tsx'
import { durationText, Time, useNow } from '../../../shared/parts/Time.tsx'
import { useRead } from '../../../shared/queries.ts'
import type { Replay } from '../../../shared/types.ts'
import { useCanChange } from '../../shell/session.ts'
import styles from './Replays.module.css'
import { progressText, ReplayState, Selected } from './words.tsx'

export function ReplayPage() {
  const { replay: id } = useParams({ from: '/replays/$replay' })
  const { data: replay, error } = useRead<Replay>(`/v1/replays/${encodeURIComponent(id)}`, {
    everyMs: (last) => (last !== undefined && isUnderWay(last) ? 1000 : false),
  })
  if (replay === undefined) {
    return (
      <Page title="Replay" above={<Link to="/replays">Replays</Link>}>
        {error ? <Failure error={error} /> : <Loading what="the replay" />}
      </Page>
    )
  }
  return (
    <Page
      title={replay.state === 'preview' ? 'Preview of a replay' : 'Replay'}
      name={`Replay of ${replay.tenant}`}
      above={<Link to="/replays">Replays</Link>}
      lead={
        <>
          Sends <Selected replay={replay} />.
        </>
      }
      actions={<Actions replay={replay} />}
    >
      <Progress replay={replay} />
      {replay.missing && (
        <Notice title="These are events that an endpoint never got.">
          It was off, or not there yet, when they came, so that there is no delivery of them. The replay adds one
          delivery for each event that the endpoint wants now.
        </Notice>
      )}
      <ReplayFacts replay={replay} />
      <Receivers replay={replay} />
    </Page>
  )
}

/** Whether it counts or sends. */
function isUnderWay({ state, count }: Replay): boolean {
  return state === 'running' || (state === 'preview' && !count.isExact)
}

function Progress({ replay }: { readonly replay: Replay }): ReactNode {
  const { state, count, rate, error } = replay
  const through = count.done + count.skipped
  return (
    <Section title="Progress">
      <div role="status" className={styles.words}>
        <ReplayState replay={replay} /> {progressText(replay)}
        {state === 'preview' && count.isExact && count.total > 0 && (
          <>, in about {durationText(Math.ceil(count.total / rate) * 1000)}</>
        )}
        {state === 'running' && count.isExact && count.total > through && (
          <>, about {durationText(Math.ceil((count.total - through) / rate) * 1000)} left</>
        )}
      </div>
      {state !== 'preview' && count.isExact && (
        <progress className={styles.bar} aria-label="deliveries" value={through} max={Math.max(count.total, 1)} />
      )}
      {error !== null && <Notice kind="bad" title={`The replay has failed: ${error}.`} />}
      {state === 'preview' && count.isExact && count.total === 0 && (
        <Notice kind="warn" title="Nothing matches the filter.">
          Choose another time or other statuses in a new replay.
        </Notice>
      )}
      {count.skipped > 0 && (
        <p>
          Skipped deliveries were being attempted, have an erased payload, or belong to an endpoint that is disabled.
        </p>
      )}
      {state !== 'preview' && <Outcomes replay={replay} />}
    </Section>
  )
}

/** Sent is not delivered: the deliveries themselves have the outcomes. */
function Outcomes({ replay: { filter, state } }: { readonly replay: Replay }) {
  const { tenant, endpoint, eventType, from, to } = filter
  const search = { tenant, from, to, ...(endpoint !== null && { endpoint }), ...(eventType !== null && { eventType }) }
  return (
    <p>
      {state === 'running' ? 'A delivery that is sent is queued for its receiver. ' : ''}
      The outcomes are in the list of deliveries:{' '}
      <Link to="/deliveries" search={search}>
        all of this time
      </Link>
      ,{' '}
      <Link to="/deliveries" search={{ ...search, status: 'delivered' }}>
        delivered
      </Link>
      ,{' '}
      <Link to="/deliveries" search={{ ...search, status: 'failing' }}>
        failing
      </Link>
      ,{' '}
      <Link to="/deliveries" search={{ ...search, status: 'failed' }}>
        failed
      </Link>
      .
    </p>
  )
}

function ReplayFacts({ replay }: { readonly replay: Replay }) {
  const { id, tenant, rate, createdAt, startedAt, endedAt, expiresAt, state } = replay
  return (
    <Section>
      <Facts>
        <Fact name="Replay">
          <Stranger>{id}</Stranger>
        </Fact>
        <Fact name="Tenant">
          <Link to="/tenants/$tenant" params={{ tenant }}>
            <Stranger>{tenant}</Stranger>
          </Link>
        </Fact>
        <Fact name="Rate">{counted(rate, 'delivery', 'deliveries')} a second, one endpoint after the other</Fact>
        <Fact name="Filter frozen">
          <Time at={createdAt} />
        </Fact>
        {state === 'preview' ? (
          <Fact name="Can be started until">
            <Time at={expiresAt} />
          </Fact>
        ) : (
          <>
            <Fact name="Started">
              <Time at={startedAt} />
            </Fact>
            <Fact name="Ended">
              <Time at={endedAt} />
            </Fact>
          </>
        )}
      </Facts>
    </Section>
  )
}

function Receivers({ replay }: { readonly replay: Replay }) {
  const { tenant, endpoints, count, rate } = replay
  const shown = endpoints.reduce((sum, one) => sum + one.count, 0)
  return (
    <Section title="Receivers">
      {endpoints.length === 0 ? (
        <Empty title={count.isExact ? 'There is none' : 'They are being counted'} />
      ) : (
        <PlainTable
          label="endpoints with the most deliveries"
          head={['Endpoint', 'Deliveries', 'Expected time']}
          rows={endpoints.map((one) => ({
            key: one.endpoint,
            cells: [
              <Link
                key="endpoint"
                to="/tenants/$tenant/endpoints/$endpoint"
                params={{ tenant, endpoint: one.endpoint }}
              >
                <Stranger>{one.endpoint}</Stranger>
              </Link>,
              one.count.toLocaleString('en'),
              durationText(Math.ceil(one.count / rate) * 1000),
            ],
          }))}
        />
      )}
      {count.isExact && count.total > shown && endpoints.length > 0 && (
        <p>Further endpoints: {counted(count.total - shown, 'delivery', 'deliveries')}.</p>
      )}
    </Section>
  )
}

function Actions({ replay }: { readonly replay: Replay }) {
  const { id, state, count, rate, expiresAt } = replay
  const canChange = useCanChange()
  const now = useNow(state === 'preview', 5000)
  const path = `/v1/replays/${encodeURIComponent(id)}`
  const changes = ['/v1/replays']
  const done = (): void => undefined
  const canStart = state === 'preview' && count.isExact && count.total > 0 && Date.parse(expiresAt ?? '') > now
  if (!canChange || (state !== 'preview' && state !== 'running')) return null
  return (
    <>
      {canStart && (
        <Ask
          button="Start …"
          buttonKind="main"
          title={`Send ${counted(count.total, 'delivery', 'deliveries')} again?`}
          action="Start"
          kind="main"
          method="POST"
          path={`${path}/start`}
          changes={changes}
          done={done}
        >
          <p>
            It takes about {durationText(Math.ceil(count.total / rate) * 1000)}. Receivers that have got such an event
            before get it once more.
          </p>
        </Ask>
      )}
      <Ask
        button={state === 'preview' ? 'Discard …' : 'Cancel …'}
        title={state === 'preview' ? 'Discard this preview?' : 'Cancel this replay?'}
        action={state === 'preview' ? 'Discard it' : 'Cancel it'}
        method="POST"
        path={`${path}/cancel`}
        changes={changes}
        done={done}
      >
        <p>
          {state === 'preview'
            ? 'Nothing has been sent, and the preview cannot be started any more.'
            : 'No further delivery is sent. Those that were sent already are still attempted. It cannot be continued.'}
        </p>
      </Ask>
    </>
  )
}
