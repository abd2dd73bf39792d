import { useState } from 'react'
import { operatorRequest } from '../../../shared/http-request.ts'
import { ApiTwin, BesideTwins } from '../../../shared/parts/ApiTwin.tsx'
import { Button } from '../../../shared/parts/Button.tsx'
import { FormActions, FormFields, SelectField, TextField } from '../../../shared/parts/fields.tsx'
import { Form, useForm } from '../../../shared/parts/Form.tsx'
import { Modal } from '../../../shared/parts/Modal.tsx'
import { ShownOnce } from '../../../shared/parts/ShownOnce.tsx'
import type { OperatorKey } from '../../../shared/types.ts'
import { EndField, endOf } from './EndField.tsx'

export interface NewOperatorKeyProps {
  readonly isOpen: boolean
  readonly onClose: () => void
}

const roles = [
  ['read', 'read: sees everything but secrets'],
  ['publish', 'publish: posts events, and nothing else'],
  ['admin', 'admin: sees and changes everything'],
] as const

export function NewOperatorKey({ isOpen, onClose }: NewOperatorKeyProps) {
  return (
    <Modal title="New operator key" isWide isOpen={isOpen} onClose={onClose}>
      <NewOperatorKeyForm onClose={onClose} />
    </Modal>
  )
}

function NewOperatorKeyForm({ onClose }: Pick<NewOperatorKeyProps, 'onClose'>) {
  const [name, setName] = useState('')
  const [role, setRole] = useState('read')
  const [end, setEnd] = useState('')
  const [made, setMade] = useState<OperatorKey | null>(null)
  const path = '/v1/operator-keys'
  const body = { name, role, ...(end !== '' && { expiresAt: endOf(end) }) }
  const form = useForm<OperatorKey>({ method: 'POST', path, body, changes: [path], done: setMade })
  return (
    <BesideTwins
      form={
        made === null ? (
          <Form form={form} action="Create operator key" onCancel={onClose}>
            <TextField
              label="Name"
              isRequired
              hint="The program or the person that has it."
              value={name}
              onChange={({ target }) => setName(target.value)}
              error={form.errorOf('name')}
            />
            <SelectField
              label="Role"
              value={role}
              onChange={({ target }) => setRole(target.value)}
              error={form.errorOf('role')}
            >
              {roles.map(([one, text]) => (
                <option key={one} value={one}>
                  {text}
                </option>
              ))}
            </SelectField>
            <EndField value={end} onChange={setEnd} error={form.errorOf('expiresAt')} />
          </Form>
        ) : (
          <FormFields>
            <ShownOnce name="Operator key" text={made.key ?? ''} />
            <FormActions>
              <Button onClick={onClose}>Close</Button>
            </FormActions>
          </FormFields>
        )
      }
    >
      <ApiTwin
        title="Operator API"
        request={operatorRequest('POST', path, body)}
        answer={form.answer}
        secret={made?.key}
      />
    </BesideTwins>
  )
}
