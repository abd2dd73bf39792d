import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { EndpointFields, requiredFields } from '../../shared/endpoint/EndpointFields.tsx'
import { formFields, newBody, noValues } from '../../shared/endpoint/endpoint-values.ts'
import { Form, useForm } from '../../shared/parts/Form.tsx'
import { Failure, Loading } from '../../shared/parts/Notice.tsx'
import { Modal } from '../../shared/parts/Modal.tsx'
import type { Dialect, Endpoint } from '../../shared/types.ts'
import { useSession, useTenantPath } from '../shell/session.ts'
import { useDialect } from './dialect.ts'

export function NewEndpoint({ onClose }: { readonly onClose: () => void }) {
  const { data: dialect, error } = useDialect()
  return (
    <Modal title="New endpoint" isOpen onClose={onClose}>
      {dialect !== undefined && <NewEndpointForm {...{ dialect, onClose }} />}
      {dialect === undefined && (error ? <Failure error={error} /> : <Loading what="the form" />)}
    </Modal>
  )
}

function NewEndpointForm({ dialect, onClose }: { readonly dialect: Dialect; readonly onClose: () => void }) {
  const navigate = useNavigate()
  const { fields } = useSession()
  const path = useTenantPath()('/endpoints')
  const [values, setValues] = useState(noValues)
  const form = useForm<Endpoint>({
    method: 'POST',
    path,
    body: newBody(values, formFields(dialect)),
    changes: [path],
    done: ({ id }) => void navigate({ to: '/endpoints/$endpoint', params: { endpoint: id } }),
  })
  return (
    <Form form={form} action="Create endpoint" onCancel={onClose}>
      <EndpointFields
        {...{ dialect, values, form }}
        // The dialect is shown as the tenant's settings make it.
        settings={{}}
        taken={fields?.create ?? null}
        required={fields?.required ?? requiredFields}
        change={(change) => setValues({ ...values, ...change })}
        isNew
      />
    </Form>
  )
}
