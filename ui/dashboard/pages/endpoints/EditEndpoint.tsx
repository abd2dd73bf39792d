import { useState } from 'react'
import { call } from '../../../shared/client.ts'
import type { CustomersRequest } from '../../../shared/endpoint/customers-request.ts'
import { EndpointFields, requiredFields } from '../../../shared/endpoint/EndpointFields.tsx'
import { useEndpointForm } from '../../../shared/endpoint/endpoint-form.ts'
import { operatorRequest } from '../../../shared/http-request.ts'
import { ApiTwin, BesideTwins, withoutSecrets } from '../../../shared/parts/ApiTwin.tsx'
import { Form } from '../../../shared/parts/Form.tsx'
import { Failure, Notice } from '../../../shared/parts/Notice.tsx'
import { Section } from '../../../shared/parts/Page.tsx'
import type { Endpoint } from '../../../shared/types.ts'
import { CustomersTwin } from '../../parts/CustomersTwin.tsx'
import type { EndpointPartProps } from './endpoint-part.ts'

export function EditEndpoint({ tenant, dialect, endpoint, path }: EndpointPartProps) {
  const [saved, setSaved] = useState<Pick<CustomersRequest, 'body' | 'whole'> | null>(null)
  const [failure, setFailure] = useState<unknown>(null)
  const { settings } = tenant
  const edited = useEndpointForm({ dialect, settings, endpoint, path, done: () => setSaved({ body, whole }) })
  const { form, values, body, whole, isChanged } = edited
  const isDone = saved !== null && !isChanged && form.problem === null
  const shown = isDone ? saved : { body, whole }
  const show = (): void => void call<Endpoint>('GET', path).then(edited.showHeaders, setFailure)
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
              isPolled={endpoint.kind === 'polling'}
              {...{ settings, dialect, values, form }}
              taken={null}
              required={requiredFields}
              change={edited.change}
              hidden={edited.hiddenHeaders && { ...edited.hiddenHeaders, show }}
            />
            {failure !== null && <Failure error={failure} />}
            {isDone && <Notice kind="good" title="Saved." />}
          </Form>
        }
      >
        <ApiTwin
          title="Operator API"
          request={operatorRequest('PATCH', path, shown.body)}
          answer={withoutSecrets(form.answer)}
        />
        <CustomersTwin
          {...{ dialect, isDone, ...shown }}
          form={dialect.endpointOperations.change}
          answers="stored"
          tenant={endpoint.tenant}
          endpoint={endpoint.id}
        />
      </BesideTwins>
    </Section>
  )
}
