import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { operatorRequest } from '../../../shared/http-request.ts'
import { ApiTwin, BesideTwins } from '../../../shared/parts/ApiTwin.tsx'
import { Code, prettyJson } from '../../../shared/parts/Code.tsx'
import { FormFields, SelectField } from '../../../shared/parts/fields.tsx'
import { Form, useForm } from '../../../shared/parts/Form.tsx'
import { Failure, Loading, Notice } from '../../../shared/parts/Notice.tsx'
import { Section } from '../../../shared/parts/Page.tsx'
import { Stranger } from '../../../shared/parts/Stranger.tsx'
import { durationText, Time } from '../../../shared/parts/Time.tsx'
import { useRead } from '../../../shared/queries.ts'
import type { DeliveryWithHistory } from '../../../shared/types.ts'
import { catalogueOf } from '../../../shared/endpoint/endpoint-values.ts'
import type { EndpointPartProps } from './endpoint-part.ts'

interface SentTest {
  readonly event: string
  readonly delivery: string
}

export function TestEndpoint({ tenant, dialect, endpoint, path }: EndpointPartProps) {
  const [eventType, setEventType] = useState('')
  const body = eventType === '' ? {} : { eventType }
  const [sent, setSent] = useState<SentTest | null>(null)
  const form = useForm<SentTest>({
    method: 'POST',
    path: `${path}/test`,
    body,
    changes: ['/v1/deliveries'],
    done: setSent,
  })
  return (
    <Section title="Send a test event">
      <BesideTwins
        form={
          <FormFields>
            <Form form={form} action="Send the test event">
              {!endpoint.enabled && <Notice kind="warn" title="The endpoint is disabled: nothing is sent to it." />}
              <SelectField
                label="Event type"
                hint="The data is the dialect's example of the type."
                value={eventType}
                onChange={({ target }) => setEventType(target.value)}
                error={form.errorOf('eventType')}
              >
                <option value="">the dialect's own test event</option>
                {catalogueOf(dialect, tenant).map(({ name, description }) => (
                  <option key={name} value={name} title={description}>
                    {name}
                  </option>
                ))}
              </SelectField>
              <p>The event is stored, delivered and tried again like any other.</p>
            </Form>
            {sent !== null && form.problem === null && <Outcome key={sent.delivery} delivery={sent.delivery} />}
          </FormFields>
        }
      >
        <ApiTwin title="Operator API" request={operatorRequest('POST', `${path}/test`, body)} answer={form.answer} />
      </BesideTwins>
    </Section>
  )
}

/** The delivery of a test event, read until an attempt is recorded. */
function Outcome({ delivery: id }: { readonly delivery: string }) {
  const [isOver, setOver] = useState(false)
  const path = `/v1/deliveries/${encodeURIComponent(id)}`
  const delivery = useRead<DeliveryWithHistory>(path, isOver ? {} : { everyMs: 500 })
  const attempt = delivery.data?.history.at(-1)
  const isEnded = delivery.data !== undefined && (delivery.data.status !== 'pending' || attempt !== undefined)
  if (isEnded && !isOver) setOver(true)
  if (delivery.data === undefined)
    return delivery.error ? <Failure error={delivery.error} /> : <Loading what="the delivery" />
  const { status, nextAttemptAt } = delivery.data
  const link = (
    <Link to="/deliveries/$delivery" params={{ delivery: id }}>
      Open the delivery
    </Link>
  )
  if (attempt === undefined)
    return (
      <Notice title={status === 'pending' ? 'Queued: not sent yet …' : `The delivery is ${status}.`}>{link}</Notice>
    )
  const isDelivered = status === 'delivered'
  return (
    <>
      <Notice kind={isDelivered ? 'good' : 'bad'} title={isDelivered ? 'Delivered' : 'The attempt failed'}>
        <Stranger>{attempt.detail}</Stranger> after {durationText(attempt.durationMs)}.{' '}
        {nextAttemptAt !== null && (
          <>
            It is tried again at <Time at={nextAttemptAt} />.{' '}
          </>
        )}
        {link}
      </Notice>
      {attempt.response !== null && attempt.response !== '' && (
        <Code title="Response" isWrapped>
          {prettyJson(attempt.response)}
        </Code>
      )}
    </>
  )
}
