import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { EndpointLink } from '../../parts/EndpointLink.tsx'
import { Ask } from '../../../shared/parts/Ask.tsx'
import { Copy } from '../../../shared/parts/Code.tsx'
import { Empty, Failure, Loading } from '../../../shared/parts/Notice.tsx'
import { Fact, Facts, Page, Section } from '../../../shared/parts/Page.tsx'
import { Badge, DeliveryStatus, Health } from '../../../shared/parts/Status.tsx'
import { Stranger } from '../../../shared/parts/Stranger.tsx'
import { Time } from '../../../shared/parts/Time.tsx'
import { useRead } from '../../../shared/queries.ts'
import type { Delivery, DeliveryWithHistory, Dialect, Endpoint, Page as PageOf } from '../../../shared/types.ts'
import { useCanChange } from '../../shell/session.ts'
import { AttemptDiff } from './AttemptDiff.tsx'
import { Attempts } from './Attempts.tsx'
import { DeliveryState, Retried } from './DeliveryState.tsx'
import { Exchange } from './Exchange.tsx'
import { Schedule } from './Schedule.tsx'
import { targetOf } from '../../../shared/target.ts'

const everyMs = 1500

export function DeliveryPage() {
  const { delivery: id } = useParams({ from: '/deliveries/$delivery' })
  const path = `/v1/deliveries/${encodeURIComponent(id)}`
  const { data: delivery, error } = useRead<DeliveryWithHistory>(path, {
    everyMs: (last) => (last?.status === 'pending' ? everyMs : false),
  })
  if (delivery === undefined) {
    return (
      <Page title="Delivery" above={<Link to="/deliveries">Deliveries</Link>}>
        {error ? <Failure error={error} /> : <Loading what="the delivery" />}
      </Page>
    )
  }
  return <Whole key={id} delivery={delivery} />
}

function Whole({ delivery }: { readonly delivery: DeliveryWithHistory }) {
  const { id, eventType, status, attempts, history } = delivery
  const search = useSearch({ from: '/deliveries/$delivery' })
  const navigate = useNavigate({ from: '/deliveries/$delivery' })
  const dialect = useRead<Dialect>(`/v1/dialects/${encodeURIComponent(delivery.dialect)}`).data
  const target = useEndpoint(delivery)
  const pausedUntil = status === 'pending' ? (target?.pausedUntil ?? null) : null
  const [asked, setAsked] = useState<number | null>(null)
  const chosen = history.find(({ number }) => number === Number(search['attempt'])) ?? history.at(-1)
  const other = search['compare'] === undefined ? null : Number(search['compare'])
  const go = (change: { attempt?: string; compare?: string }): void =>
    void navigate({ search: { ...search, ...change }, replace: true, resetScroll: false })
  const choose = (number: number): void => go({ attempt: String(number) })
  return (
    <Page
      title={<Stranger>{eventType}</Stranger>}
      name={`Delivery of ${eventType}`}
      above={<Link to="/deliveries">Deliveries</Link>}
      lead={<DeliveryState {...{ delivery, dialect, pausedUntil }} />}
      actions={<Retry delivery={delivery} target={target} done={() => setAsked(attempts)} />}
    >
      {asked !== null && <Retried delivery={delivery} asked={asked} />}
      <Section>
        <DeliveryFacts {...{ delivery, target, dialect }} />
      </Section>
      <Schedule {...{ delivery, dialect, pausedUntil }} chosen={chosen?.number} onChoose={choose} />
      <Section title="Attempts">
        {chosen === undefined ? (
          <Empty title="There was no attempt yet" />
        ) : (
          <Attempts attempts={history} chosen={chosen.number} onChoose={choose} />
        )}
      </Section>
      {chosen !== undefined && (
        <Section title={`Attempt ${chosen.number}`}>
          <Exchange key={chosen.number} delivery={id} attempt={chosen} />
        </Section>
      )}
      {chosen !== undefined && history.length > 1 && (
        <Section title="Difference between two attempts">
          <AttemptDiff
            delivery={id}
            attempts={history}
            attempt={chosen}
            other={other}
            onChoose={(number) => go({ compare: number === null ? '' : String(number) })}
          />
        </Section>
      )}
    </Page>
  )
}

/** An endpoint in the list of all endpoints, which has no secrets. */
interface Target extends Endpoint {
  readonly pausedUntil: string | null
}

/** The endpoint of a delivery. Null: it was deleted. Undefined: it is being read. */
function useEndpoint({ tenant, endpoint, status }: Delivery): Target | null | undefined {
  const { data } = useRead<PageOf<Target>>('/v1/endpoints', {
    query: { tenant, q: endpoint },
    everyMs: status === 'pending' ? 5000 : 60_000,
  })
  return data && (data.data.find(({ id }) => id === endpoint) ?? null)
}

interface TargetProps {
  readonly delivery: Delivery
  readonly target: Target | null | undefined
}

function DeliveryFacts({ delivery, target, dialect }: TargetProps & { readonly dialect: Dialect | undefined }) {
  const { id, status, attempts, attemptsBefore, tenant, event, endpoint, createdAt, endedAt } = delivery
  return (
    <Facts>
      <Fact name="Status">
        <DeliveryStatus status={status} attempts={attempts - attemptsBefore} />
      </Fact>
      <Fact name="Delivery">
        <Stranger>{id}</Stranger> <Copy text={id} />
      </Fact>
      <Fact name="Event">
        <Link to="/events/$event" params={{ event }} search={{ tenant }}>
          <Stranger>{event}</Stranger>
        </Link>
      </Fact>
      <Fact name="Tenant">
        <Link to="/tenants/$tenant" params={{ tenant }}>
          <Stranger>{tenant}</Stranger>
        </Link>
      </Fact>
      <Fact name="Endpoint">
        {target ? (
          <Link to="/tenants/$tenant/endpoints/$endpoint" params={{ tenant, endpoint }}>
            <Stranger>{targetOf(target)}</Stranger>
          </Link>
        ) : (
          <EndpointLink {...delivery} />
        )}{' '}
        {target ? <Health {...target} /> : target === null && <Badge tone="plain">deleted</Badge>}
      </Fact>
      <Fact name="Dialect">
        <Link to="/dialects/$dialect" params={{ dialect: delivery.dialect }}>
          {dialect?.title ?? delivery.dialect}
        </Link>
      </Fact>
      <Fact name="Event accepted">
        <Time at={createdAt} withMs />
      </Fact>
      <Fact name="Ended">
        <Time at={endedAt} withMs />
      </Fact>
    </Facts>
  )
}

/** Attempts the delivery now. */
function Retry({ delivery, target, done }: TargetProps & { readonly done: () => void }) {
  const canChange = useCanChange()
  if (!canChange) return null
  if (target === null || target?.enabled === false) {
    return <span>It cannot be sent again: its endpoint is {target === null ? 'deleted' : 'disabled'}.</span>
  }
  const isPending = delivery.status === 'pending'
  return (
    <Ask
      button={isPending ? 'Attempt now' : 'Send to this endpoint again'}
      buttonKind="main"
      title={isPending ? 'Attempt this delivery now?' : 'Send this event to the endpoint again?'}
      kind="main"
      method="POST"
      path={`/v1/deliveries/${encodeURIComponent(delivery.id)}/retry`}
      changes={[`/v1/deliveries/${encodeURIComponent(delivery.id)}`]}
      done={done}
    >
      <p>{consequences[delivery.status]}</p>
    </Ask>
  )
}

const consequences: Readonly<Record<Delivery['status'], string>> = {
  pending: 'The next attempt is due at once. The waits of the schedule go on after it.',
  failed: 'The first attempt of a new schedule is due at once.',
  cancelled: 'The first attempt of a new schedule is due at once.',
  delivered: 'The receiver has accepted this event before, and gets it once more.',
}
