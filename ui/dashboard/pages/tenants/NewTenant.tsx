import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { Form, useForm } from '../../../shared/parts/Form.tsx'
import { SelectField, TextField } from '../../../shared/parts/fields.tsx'
import { Modal } from '../../../shared/parts/Modal.tsx'
import type { Dialect, Tenant } from '../../../shared/types.ts'

export interface NewTenantProps {
  readonly isOpen: boolean
  readonly onClose: () => void
  readonly dialects: readonly Dialect[]
}

export function NewTenant(props: NewTenantProps) {
  return (
    <Modal title="New tenant" isOpen={props.isOpen} onClose={props.onClose}>
      <NewTenantForm {...props} />
    </Modal>
  )
}

function NewTenantForm({ onClose, dialects }: NewTenantProps) {
  const navigate = useNavigate()
  const [id, setId] = useState('')
  const [name, setName] = useState('')
  const [chosen, setChosen] = useState(dialects[0]?.name ?? '')
  const [settings, setSettings] = useState<Readonly<Record<string, string>>>({})
  const dialect = dialects.find((one) => one.name === chosen)
  const form = useForm<Tenant>({
    method: 'POST',
    path: '/v1/tenants',
    body: { dialect: chosen, settings, ...(id !== '' && { id }), ...(name !== '' && { name }) },
    changes: ['/v1/tenants'],
    done: (tenant) => void navigate({ to: '/tenants/$tenant', params: { tenant: tenant.id } }),
  })
  return (
    <Form form={form} action="Create tenant" onCancel={onClose}>
      <SelectField
        label="Dialect"
        isRequired
        hint="The API, signatures and retries that this customer sees. It cannot be changed later."
        value={chosen}
        onChange={({ target }) => {
          setChosen(target.value)
          setSettings({})
        }}
        error={form.errorOf('dialect')}
      >
        {dialects.map((one) => (
          <option key={one.name} value={one.name}>
            {one.title}
          </option>
        ))}
      </SelectField>
      <TextField
        label="Id"
        hint={`Your own id of the customer: ${dialect?.tenantIds ?? 'as its dialect has them'}. Without one, an id is made.`}
        value={id}
        onChange={({ target }) => setId(target.value)}
        error={form.errorOf('id')}
      />
      <TextField
        label="Name"
        value={name}
        onChange={({ target }) => setName(target.value)}
        error={form.errorOf('name')}
      />
      {Object.entries(dialect?.tenantSettings ?? {}).map(([setting, choices]) => (
        <SelectField
          key={setting}
          label={setting}
          value={settings[setting] ?? choices[0]}
          onChange={({ target }) => setSettings({ ...settings, [setting]: target.value })}
          error={form.errorOf(`settings.${setting}`)}
        >
          {choices.map((choice) => (
            <option key={choice}>{choice}</option>
          ))}
        </SelectField>
      ))}
    </Form>
  )
}
