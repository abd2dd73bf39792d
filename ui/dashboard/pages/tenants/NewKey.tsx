import { useState } from 'react'
import { operatorRequest } from '../../../shared/http-request.ts'
import { ApiTwin, BesideTwins } from '../../../shared/parts/ApiTwin.tsx'
import { Button } from '../../../shared/parts/Button.tsx'
import { ChoicesField } from '../../../shared/parts/ChoicesField.tsx'
import { FormActions, FormFields, SelectField, TextArea, TextField } from '../../../shared/parts/fields.tsx'
import { Form, useForm } from '../../../shared/parts/Form.tsx'
import { Modal } from '../../../shared/parts/Modal.tsx'
import { ShownOnce } from '../../../shared/parts/ShownOnce.tsx'
import type { ApiKey } from '../../../shared/types.ts'
import type { TenantPartProps } from './tenant-part.ts'

interface NewKeyProps extends TenantPartProps {
  readonly isOpen: boolean
  readonly onClose: () => void
}

export function NewKey(props: NewKeyProps) {
  return (
    <Modal title="New API key" isWide isOpen={props.isOpen} onClose={props.onClose}>
      <NewKeyForm {...props} />
    </Modal>
  )
}

function NewKeyForm({ tenant, dialect, onClose }: NewKeyProps) {
  const [name, setName] = useState('')
  const [role, setRole] = useState(dialect.roles[0] ?? '')
  const [scopes, setScopes] = useState<readonly string[]>([])
  const [tenants, setTenants] = useState(tenant.id)
  const [made, setMade] = useState<ApiKey | null>(null)
  const body = {
    tenants: tenants.split(/[\s,]+/).filter((id) => id !== ''),
    ...(scopes.length > 0 && { scopes }),
    ...(role !== '' && { role }),
    ...(name !== '' && { name }),
  }
  const form = useForm<ApiKey>({ method: 'POST', path: '/v1/keys', body, changes: ['/v1/keys'], done: setMade })
  return (
    <BesideTwins
      form={
        made === null ? (
          <Form form={form} action="Create API key" onCancel={onClose}>
            <TextField
              label="Name"
              value={name}
              onChange={({ target }) => setName(target.value)}
              error={form.errorOf('name')}
            />
            {dialect.roles.length > 0 && (
              <SelectField
                label="Role"
                value={role}
                onChange={({ target }) => setRole(target.value)}
                error={form.errorOf('role')}
              >
                {dialect.roles.map((one) => (
                  <option key={one}>{one}</option>
                ))}
              </SelectField>
            )}
            {dialect.scopes.length > 0 && (
              <ChoicesField
                label="Scopes"
                hint="None chosen: those that the dialect gives to a new key."
                choices={dialect.scopes.map((scope) => ({ name: scope }))}
                chosen={scopes}
                onChange={setScopes}
                error={form.errorOf('scopes')}
              />
            )}
            <TextArea
              label="Tenants"
              hint="The ids of the tenants that the key acts for."
              rows={2}
              value={tenants}
              onChange={({ target }) => setTenants(target.value)}
              error={form.errorOf('tenants')}
            />
          </Form>
        ) : (
          <FormFields>
            <ShownOnce name="API key" text={made.key ?? ''} />
            <FormActions>
              <Button onClick={onClose}>Close</Button>
            </FormActions>
          </FormFields>
        )
      }
    >
      <ApiTwin
        title="Operator API"
        request={operatorRequest('POST', '/v1/keys', body)}
        answer={form.answer}
        secret={made?.key}
      />
    </BesideTwins>
  )
}
