import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { missingFields } from '../../../shared/endpoint/customers-request.ts'
import { EndpointFields, requiredFields } from '../../../shared/endpoint/EndpointFields.tsx'
import { formFields, newBody, noValues } from '../../../shared/endpoint/endpoint-values.ts'
import { operatorRequest } from '../../../shared/http-request.ts'
import { ApiTwin, BesideTwins, type TwinAnswer } from '../../../shared/parts/ApiTwin.tsx'
import { Button } from '../../../shared/parts/Button.tsx'
import { Code } from '../../../shared/parts/Code.tsx'
import { FormActions, FormFields, SelectField } from '../../../shared/parts/fields.tsx'
import { Form, useForm } from '../../../shared/parts/Form.tsx'
import { Modal } from '../../../shared/parts/Modal.tsx'
import { Notice } from '../../../shared/parts/Notice.tsx'
import type { Dialect, Endpoint, EndpointForm, Tenant } from '../../../shared/types.ts'
import { CustomersTwin } from '../../parts/CustomersTwin.tsx'

export interface NewEndpointProps {
  readonly tenant: Tenant
  readonly dialect: Dialect
  readonly isOpen: boolean
  readonly onClose: () => void
}

export function NewEndpoint(props: NewEndpointProps) {
  return (
    <Modal title="New endpoint" isWide isOpen={props.isOpen} onClose={props.onClose}>
      <NewEndpointForm {...props} />
    </Modal>
  )
}

function NewEndpointForm({ tenant, dialect, onClose }: NewEndpointProps) {
  const [values, setValues] = useState(noValues)
  const [kind, setKind] = useState<Endpoint['kind']>('push')
  const [made, setMade] = useState<Endpoint | null>(null)
  const { endpointForm } = dialect
  const isPolled = kind === 'polling'
  const { url, ...others } = newBody(values, formFields(dialect))
  const body = isPolled ? { kind, ...others } : { url, ...others }
  const path = `/v1/tenants/${encodeURIComponent(tenant.id)}/endpoints`
  const form = useForm<Endpoint>({ method: 'POST', path, body, changes: [path, '/v1/endpoints'], done: setMade })
  return (
    <BesideTwins
      form={
        made === null ? (
          <Form form={form} action="Create endpoint" onCancel={onClose}>
            {dialect.polling && (
              <SelectField
                label="Kind"
                hint={
                  isPolled ? 'It has no URL: its consumers fetch the deliveries.' : 'Deliveries are sent to its URL.'
                }
                value={kind}
                onChange={() => setKind(isPolled ? 'push' : 'polling')}
                error={form.errorOf('kind')}
              >
                <option value="push">webhook</option>
                <option value="polling">polling</option>
              </SelectField>
            )}
            <EndpointFields
              {...{ dialect, values, form, isPolled }}
              settings={tenant.settings}
              taken={null}
              required={requiredFields}
              change={(change) => setValues({ ...values, ...change })}
              isNew
            />
          </Form>
        ) : (
          <Made endpoint={made} onClose={onClose} />
        )
      }
    >
      <Twins {...{ path, body, endpointForm, dialect, tenant }} answer={form.answer} />
    </BesideTwins>
  )
}

function Made({ endpoint, onClose }: { readonly endpoint: Endpoint; readonly onClose: () => void }) {
  const secret = endpoint.secrets[0]?.value
  return (
    <FormFields>
      <Notice kind="good" title="The endpoint is created.">
        <Link to="/tenants/$tenant/endpoints/$endpoint" params={{ tenant: endpoint.tenant, endpoint: endpoint.id }}>
          Open it
        </Link>{' '}
        to send a test event.
      </Notice>
      {typeof secret === 'string' && (
        <Code title="Its signing secret" isWrapped>
          {secret}
        </Code>
      )}
      <FormActions>
        <Button onClick={onClose}>Close</Button>
      </FormActions>
    </FormFields>
  )
}

interface TwinsProps extends Pick<NewEndpointProps, 'tenant' | 'dialect'> {
  readonly path: string
  readonly body: Readonly<Record<string, unknown>>
  readonly endpointForm: EndpointForm | null
  readonly answer: TwinAnswer | null
}

function Twins({ path, body, endpointForm, tenant, dialect, answer }: TwinsProps) {
  return (
    <>
      <ApiTwin title="Operator API" request={operatorRequest('POST', path, body)} answer={answer} />
      <CustomersTwin
        {...{ dialect, body }}
        isDone={answer?.status === 201}
        form={endpointForm}
        answers="secrets"
        tenant={tenant.id}
        missing={endpointForm === null ? [] : missingFields(endpointForm, body)}
      />
    </>
  )
}
