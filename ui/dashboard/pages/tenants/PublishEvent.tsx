import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { counted } from '../../../shared/counted.ts'
import { JsonText } from '../../../shared/json-text.ts'
import { operatorRequest } from '../../../shared/http-request.ts'
import { ApiTwin, BesideTwins } from '../../../shared/parts/ApiTwin.tsx'
import { SelectField, TextArea, TextField } from '../../../shared/parts/fields.tsx'
import { Form, useForm } from '../../../shared/parts/Form.tsx'
import { Notice } from '../../../shared/parts/Notice.tsx'
import { Section } from '../../../shared/parts/Page.tsx'
import { PairsField, type Pair } from '../../../shared/parts/PairsField.tsx'
import type { Dialect, PublishedEvent } from '../../../shared/types.ts'
import { catalogueOf } from '../../../shared/endpoint/endpoint-values.ts'
import type { TenantPartProps } from './tenant-part.ts'

export function PublishEvent({ tenant, dialect }: TenantPartProps) {
  const catalogue = catalogueOf(dialect, tenant)
  const [chosen, setChosen] = useState(catalogue[0]?.name ?? '')
  const [other, setOther] = useState('')
  const [text, setText] = useState(exampleOf(catalogue, chosen))
  const [attributes, setAttributes] = useState<readonly Pair[]>([])
  const [posted, setPosted] = useState<PublishedEvent | null>(null)
  const fault = faultOf(text)
  const named = attributes.filter(({ name }) => name !== '')
  const body = {
    tenant: tenant.id,
    type: chosen === '' ? other : chosen,
    data: fault === undefined ? new JsonText(text) : text,
    ...(named.length > 0 && { attributes: Object.fromEntries(named.map(({ name, value }) => [name, value])) }),
  }
  const form = useForm<PublishedEvent>({
    method: 'POST',
    path: '/v1/events',
    body,
    changes: ['/v1/events', '/v1/deliveries'],
    done: setPosted,
  })
  return (
    <Section title="Post an event">
      <BesideTwins
        form={
          <Form form={form} action="Post the event">
            <SelectField
              label="Event type"
              isRequired
              value={chosen}
              onChange={({ target }) => {
                setChosen(target.value)
                // An edited text stays.
                if (text === exampleOf(catalogue, chosen)) setText(exampleOf(catalogue, target.value))
              }}
              error={form.errorOf('type')}
            >
              {catalogue.map(({ name, description }) => (
                <option key={name} value={name} title={description}>
                  {name}
                </option>
              ))}
              {dialect.openCatalogue && <option value="">another one</option>}
            </SelectField>
            {chosen === '' && (
              <TextField label="Other event type" value={other} onChange={({ target }) => setOther(target.value)} />
            )}
            <TextArea
              label="Data"
              isRequired
              hint="JSON: an object."
              rows={8}
              value={text}
              onChange={({ target }) => setText(target.value)}
              error={fault ?? form.errorOf('data')}
            />
            <PairsField
              label="Attributes"
              one="attribute"
              hint="Filters of endpoints match them."
              pairs={attributes}
              onChange={setAttributes}
              error={form.errorOf('attributes')}
            />
            {posted !== null && form.problem === null && <Posted event={posted} />}
          </Form>
        }
      >
        <ApiTwin title="Operator API" request={operatorRequest('POST', '/v1/events', body)} answer={form.answer} />
      </BesideTwins>
    </Section>
  )
}

/** The dialect's example of an event type, as JSON text. */
function exampleOf(catalogue: Dialect['eventTypes'], type: string): string {
  return JSON.stringify(catalogue.find(({ name }) => name === type)?.example ?? {}, null, 2)
}

function Posted({ event: { id, tenant, deliveries } }: { readonly event: PublishedEvent }) {
  return (
    <Notice
      kind={deliveries === 0 ? 'warn' : 'good'}
      title={
        deliveries === 0
          ? 'Accepted, but no endpoint wants it.'
          : `Accepted, and queued for ${counted(deliveries, 'endpoint')}.`
      }
    >
      <Link to="/events/$event" params={{ event: id }} search={{ tenant }}>
        Open the event
      </Link>
      {deliveries > 0 && ' to see whether they arrive.'}
    </Notice>
  )
}

/** The fault of a text that is not JSON. */
function faultOf(text: string): string | undefined {
  try {
    JSON.parse(text)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
