import { useState } from 'react'
import { call } from '../../../shared/client.ts'
import { EndpointFields, requiredFields } from '../../../shared/endpoint/EndpointFields.tsx'
import { useEndpointForm } from '../../../shared/endpoint/endpoint-form.ts'
import { operatorRequest } from '../../../shared/http-request.ts'
import { ApiTwin, BesideTwins, type TwinAnswer } from '../../../shared/parts/ApiTwin.tsx'
import { Form } from '../../../shared/parts/Form.tsx'
import { Failure, Notice } from '../../../shared/parts/Notice.tsx'
import { Section } from '../../../shared/parts/Page.tsx'
import type { Endpoint } from '../../../shared/types.ts'
import { CustomersTwin } from '../../parts/CustomersTwin.tsx'
import type { EndpointPartProps } from './endpoint-part.ts'

export function EditEndpoint({ tenant, dialect, endpoint, path }: EndpointPartProps) {
  const [isSaved, setSaved] = useState(false)
  const [failure, setFailure] = useState<unknown>(null)
  const { settings } = tenant
  const edited = useEndpointForm({ dialect, settings, endpoint, path, done: () => setSaved(true) })
  const { form, values, body, isChanged } = edited
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
            {isSaved && !isChanged && form.problem === null && <Notice kind="good" title="Saved." />}
          </Form>
        }
      >
        <ApiTwin
          title="Operator API"
          request={operatorRequest('PATCH', path, body)}
          answer={withoutSecrets(form.answer)}
        />
        <CustomersTwin
          {...{ dialect, endpoint }}
          form={dialect.endpointOperations.change}
          given={{ body, whole: edited.whole }}
          shows={isSaved && !isChanged ? path : undefined}
        />
      </BesideTwins>
    </Section>
  )
}

/** The answer as it may stand on a screen: the page of secrets shows them on demand. */
function withoutSecrets(answer: TwinAnswer | null): TwinAnswer | null {
  return answer && { ...answer, text: answer.text.replaceAll(/"value":"(?:[^"\\]|\\.)*"/g, '"value":"…"') }
}
