import { useState } from 'react'
import { operatorRequest } from '../../../shared/http-request.ts'
import { ApiTwin, BesideTwins } from '../../../shared/parts/ApiTwin.tsx'
import { Form, useForm } from '../../../shared/parts/Form.tsx'
import { Failure, Loading, Notice } from '../../../shared/parts/Notice.tsx'
import { Section } from '../../../shared/parts/Page.tsx'
import { useRead } from '../../../shared/queries.ts'
import type { Endpoint } from '../../../shared/types.ts'
import type { EndpointPartProps } from './endpoint-part.ts'
import { EndpointFields } from './EndpointFields.tsx'
import { catalogueOf, changedBody, valuesOf } from './endpoint-values.ts'

export function EditEndpoint(props: EndpointPartProps) {
  // The values of headers are needed, so that a change of one keeps the others.
  const endpoint = useRead<Endpoint>(props.path)
  if (endpoint.data === undefined)
    return endpoint.error ? <Failure error={endpoint.error} /> : <Loading what="the endpoint" />
  return <EditForm {...props} endpoint={endpoint.data} />
}

function EditForm({ tenant, dialect, endpoint, path }: EndpointPartProps) {
  const valuesNow = (one: Endpoint) =>
    valuesOf(
      one,
      catalogueOf(dialect, tenant).map(({ name }) => name),
    )
  const [before, setBefore] = useState(() => valuesNow(endpoint))
  const [values, setValues] = useState(before)
  const [isSaved, setSaved] = useState(false)
  const body = changedBody(before, values, dialect.endpointForm)
  const isChanged = Object.keys(body).length > 0
  const form = useForm<Endpoint>({
    method: 'PATCH',
    path,
    body,
    changes: [path],
    done(changed) {
      setBefore(valuesNow(changed))
      setValues(valuesNow(changed))
      setSaved(true)
    },
  })
  return (
    <Section title="Edit">
      <BesideTwins
        form={
          <Form form={form} action="Save">
            {endpoint.writeOnlyHeaders.length > 0 && (
              <Notice title="Some values of headers are never shown.">
                A change of a header needs them again: type them, or remove their headers.
              </Notice>
            )}
            <EndpointFields
              {...{ tenant, dialect, values, form }}
              change={(change) => setValues({ ...values, ...change })}
            />
            {isSaved && !isChanged && form.problem === null && <Notice kind="good" title="Saved." />}
          </Form>
        }
      >
        <ApiTwin title="Operator API" request={operatorRequest('PATCH', path, body)} answer={form.answer} />
      </BesideTwins>
    </Section>
  )
}
