import { useState } from 'react'
import { call } from '../../shared/client.ts'
import { EndpointFields, requiredFields } from '../../shared/endpoint/EndpointFields.tsx'
import { useEndpointForm } from '../../shared/endpoint/endpoint-form.ts'
import { Form } from '../../shared/parts/Form.tsx'
import { Modal } from '../../shared/parts/Modal.tsx'
import { Failure, Loading } from '../../shared/parts/Notice.tsx'
import type { Dialect, Endpoint } from '../../shared/types.ts'
import { useSession } from '../shell/session.ts'
import { useDialect } from './dialect.ts'

export interface ChangeEndpointProps {
  readonly endpoint: Endpoint
  readonly path: string
  readonly onClose: () => void
}

export function ChangeEndpoint(props: ChangeEndpointProps) {
  const { data: dialect, error } = useDialect()
  return (
    <Modal title="Edit the endpoint" isOpen onClose={props.onClose}>
      {dialect !== undefined && <ChangeForm {...props} dialect={dialect} />}
      {dialect === undefined && (error ? <Failure error={error} /> : <Loading what="the form" />)}
    </Modal>
  )
}

/** The dialect is shown as the tenant's settings make it. */
const settings = {}

function ChangeForm({ endpoint, path, onClose, dialect }: ChangeEndpointProps & { readonly dialect: Dialect }) {
  const { fields, seesSecrets, replacesSecrets } = useSession()
  const [failure, setFailure] = useState<unknown>(null)
  const edited = useEndpointForm({ dialect, settings, endpoint, path, done: onClose })
  const { form, values, hiddenHeaders } = edited
  const show = (): void => void call<Endpoint>('GET', path).then(edited.showHeaders, setFailure)
  const taken = (fields?.change ?? allFields).filter((name) => name !== 'secrets' || replacesSecrets)
  return (
    <Form form={form} action="Save" onCancel={onClose}>
      <EndpointFields
        {...{ settings, dialect, values, form, taken }}
        required={requiredFields}
        change={edited.change}
        hidden={hiddenHeaders && { ...hiddenHeaders, show: seesSecrets ? show : null }}
      />
      {failure !== null && <Failure error={failure} />}
    </Form>
  )
}

const allFields = ['url', 'eventTypes', 'description', 'filters', 'headers', 'secrets']
