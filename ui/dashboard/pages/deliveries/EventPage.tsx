import { Link, useParams, useSearch } from '@tanstack/react-router'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { EndpointLink } from '../../parts/EndpointLink.tsx'
import { ApiProblem, queryText, send } from '../../../shared/client.ts'
import { Ask } from '../../../shared/parts/Ask.tsx'
import { Copy } from '../../../shared/parts/Code.tsx'
import { Empty, Failure, Loading, Notice } from '../../../shared/parts/Notice.tsx'
import { Fact, Facts, Page, Section } from '../../../shared/parts/Page.tsx'
import { PlainTable } from '../../../shared/parts/PlainTable.tsx'
import { DeliveryStatus, OutcomeBadge } from '../../../shared/parts/Status.tsx'
import { Stranger } from '../../../shared/parts/Stranger.tsx'
import { Time } from '../../../shared/parts/Time.tsx'
import type { Delivery, Erasure, Event } from '../../../shared/types.ts'
import { useCanChange } from '../../shell/session.ts'
import { Erasing } from './Erasing.tsx'
import { Body } from './Exchange.tsx'

interface WholeEvent extends Omit<Event, 'data'> {
  /** Byte for byte as it was posted. */
  readonly dataText: string
  readonly deliveries: readonly Delivery[]
}

export function EventPage() {
  const { event: id } = useParams({ from: '/events/$event' })
  const tenant = useSearch({ from: '/events/$event' })['tenant']
  const path = `/v1/events/${encodeURIComponent(id)}`
  const query = typeof tenant === 'string' ? { tenant } : {}
  const { data: event, error } = useQuery({
    queryKey: [path, query, 'text'],
    queryFn: async ({ signal }) => wholeEvent(await (await send('GET', path, { query, signal })).text()),
    refetchInterval: ({ state }) => (state.data?.deliveries.some(({ status }) => status === 'pending') ? 4000 : false),
  })
  if (event === undefined) return error ? <Unread error={error} /> : <Loading what="the event" />
  return <Whole key={path} event={event} />
}

function Unread({ error }: { readonly error: unknown }): ReactNode {
  const isAmbiguous = error instanceof ApiProblem && error.code === 'event_ambiguous'
  if (!isAmbiguous) return <Failure error={error} />
  return (
    <Empty title="Several tenants have an event with this id">
      Open the event from one of its deliveries, or add ?tenant= and the id of the tenant to the address.
    </Empty>
  )
}

/** The answer of the API ends with the data, whose bytes a parser would not keep, such as the digits of a long number. */
function wholeEvent(text: string): WholeEvent {
  const { data, ...rest } = JSON.parse(text) as Event & { readonly deliveries: readonly Delivery[] }
  const start = `${JSON.stringify(rest).slice(0, -1)},"data":`
  return { ...rest, dataText: text.startsWith(start) ? text.slice(start.length, -1) : JSON.stringify(data) }
}

function Whole({ event }: { readonly event: WholeEvent }) {
  const { id, tenant, type, occurredAt, acceptedAt, erasesAt, erasedAt, attributes, dataText, deliveries } = event
  const canChange = useCanChange()
  const [erasure, setErasure] = useState<Erasure | null>(null)
  const path = `/v1/events/${encodeURIComponent(id)}`
  return (
    <Page
      title={<Stranger>{type}</Stranger>}
      name={`Event ${type}`}
      above={
        <Link to="/deliveries" search={{ tenant }}>
          Deliveries of the tenant
        </Link>
      }
      actions={
        canChange &&
        erasedAt === null && (
          <Ask<Erasure>
            button="Erase the payload …"
            title="Erase the payload of this event?"
            action="Erase it"
            method="DELETE"
            path={`${path}/data${queryText({ tenant })}`}
            changes={[path, '/v1/deliveries']}
            done={setErasure}
          >
            <p>
              The data and the attributes of the event are erased for good, and so are the responses to its deliveries.
              Deliveries that are pending are cancelled: their receivers never get the event.
            </p>
          </Ask>
        )
      }
    >
      {erasure !== null && <Erasing id={erasure.id} what="The payload" />}
      <Section>
        <Facts>
          <Fact name="Event">
            <Stranger>{id}</Stranger> <Copy text={id} />
          </Fact>
          <Fact name="Tenant">
            <Link to="/tenants/$tenant" params={{ tenant }}>
              <Stranger>{tenant}</Stranger>
            </Link>
          </Fact>
          <Fact name="Occurred">
            <Time at={occurredAt} withMs />
          </Fact>
          <Fact name="Accepted">
            <Time at={acceptedAt} withMs />
          </Fact>
          <Fact name={erasedAt === null ? 'Payload is erased' : 'Payload was erased'}>
            {(erasedAt ?? erasesAt) ? <Time at={erasedAt ?? erasesAt} /> : 'when the event is removed'}
          </Fact>
        </Facts>
      </Section>
      <Section title="Payload">
        {erasedAt === null ? (
          <Body title="Data of the event" text={dataText} />
        ) : (
          <Notice title="The payload was erased.">
            Its data and attributes are gone since <Time at={erasedAt} />. It cannot be sent again.
          </Notice>
        )}
      </Section>
      {attributes !== null && <Attributes attributes={attributes} />}
      <Section title="Deliveries">
        {deliveries.length === 0 ? (
          <Empty title="The event has no delivery">No endpoint of the tenant wanted it when it was accepted.</Empty>
        ) : (
          <Deliveries deliveries={deliveries} />
        )}
      </Section>
    </Page>
  )
}

function Attributes({ attributes }: { readonly attributes: NonNullable<Event['attributes']> }) {
  return (
    <Section title="Attributes">
      <PlainTable
        label="attributes, which the filters of endpoints match"
        head={['Name', 'Value']}
        rows={Object.entries(attributes).map(([name, value]) => ({
          key: name,
          cells: [<Stranger key="name">{name}</Stranger>, <Stranger key="value">{value}</Stranger>],
        }))}
      />
    </Section>
  )
}

function Deliveries({ deliveries }: { readonly deliveries: readonly Delivery[] }) {
  return (
    <PlainTable
      label="deliveries of the event"
      head={['Delivery', 'Status', 'Last attempt', 'Endpoint', 'Next attempt']}
      rows={deliveries.map(
        ({ id, tenant, endpoint, endpointUrl, status, attempts, attemptsBefore, lastAttempt, nextAttemptAt }) => ({
          key: id,
          cells: [
            <Link key="delivery" to="/deliveries/$delivery" params={{ delivery: id }}>
              <Stranger>{id}</Stranger>
            </Link>,
            <DeliveryStatus key="status" status={status} attempts={attempts - attemptsBefore} />,
            lastAttempt === null ? 'none yet' : <OutcomeBadge key="last" {...lastAttempt} />,
            <EndpointLink key="endpoint" {...{ tenant, endpoint, endpointUrl }} />,
            <Time key="next" at={nextAttemptAt} />,
          ],
        }),
      )}
    />
  )
}
