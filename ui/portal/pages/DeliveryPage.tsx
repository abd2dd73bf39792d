import { Link, useParams } from '@tanstack/react-router'
import { endpointText } from '../../shared/endpoint/endpoint-text.ts'
import { Button } from '../../shared/parts/Button.tsx'
import { Code, prettyJson } from '../../shared/parts/Code.tsx'
import { useForm } from '../../shared/parts/Form.tsx'
import { Empty, Failure, Loading } from '../../shared/parts/Notice.tsx'
import { Fact, Facts, Page, Section } from '../../shared/parts/Page.tsx'
import { Badge, DeliveryStatus } from '../../shared/parts/Status.tsx'
import { Stranger } from '../../shared/parts/Stranger.tsx'
import { durationText, Time } from '../../shared/parts/Time.tsx'
import { useRead } from '../../shared/queries.ts'
import type { Attempt, Delivery } from '../../shared/types.ts'
import { useMay } from '../shell/session.ts'

type WholeDelivery = Delivery & { readonly history: readonly Attempt[] }

export function DeliveryPage() {
  const { delivery: id } = useParams({ from: '/deliveries/$delivery' })
  const path = `/portal/api/v1/deliveries/${encodeURIComponent(id)}`
  const may = useMay()
  const { data: delivery, error } = useRead<WholeDelivery>(path, { everyMs: 5000 })
  const retry = useForm<Delivery>({ method: 'POST', path: `${path}/retry`, changes: [path], done: () => {} })
  if (delivery === undefined) return error ? <Failure error={error} /> : <Loading what="the delivery" />
  return (
    <Page
      title={<Stranger>{delivery.eventType}</Stranger>}
      name={`Delivery of ${delivery.eventType}`}
      above={<Link to="/deliveries">Deliveries</Link>}
      actions={
        may('retryDelivery') && (
          <Button isBusy={retry.isBusy} onClick={() => void retry.submit()}>
            Send again now
          </Button>
        )
      }
    >
      {retry.problem !== null && <Failure error={retry.problem} />}
      <Section>
        <Facts>
          <Fact name="State">
            <DeliveryStatus {...delivery} />
          </Fact>
          <Fact name="Created">
            <Time at={delivery.createdAt} />
          </Fact>
          <Fact name="Next attempt">
            <Time at={delivery.nextAttemptAt} />
          </Fact>
          <Fact name="Endpoint">
            <Link to="/endpoints/$endpoint" params={{ endpoint: delivery.endpoint }}>
              <Stranger>{endpointText(delivery)}</Stranger>
            </Link>
          </Fact>
        </Facts>
      </Section>
      <Section title="Attempts">
        {delivery.history.length === 0 ? (
          <Empty title="There was no attempt yet" />
        ) : (
          delivery.history.toReversed().map((attempt) => <AttemptPart key={attempt.number} attempt={attempt} />)
        )}
      </Section>
    </Page>
  )
}

function AttemptPart({ attempt }: { readonly attempt: Attempt }) {
  const { number, startedAt, durationMs, outcome, detail, response } = attempt
  return (
    <details>
      <summary>
        {number}. <Time at={startedAt} /> <Badge tone={outcome === 'delivered' ? 'good' : 'bad'}>{outcome}</Badge>{' '}
        <Stranger>{detail}</Stranger> in {durationText(durationMs)}
      </summary>
      {response === null || response === '' ? (
        <p>The response has no body.</p>
      ) : (
        <Code title="The response of your server">{prettyJson(response)}</Code>
      )}
    </details>
  )
}
