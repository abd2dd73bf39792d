import { useState } from 'react'
import { Form, useForm } from '../../shared/parts/Form.tsx'
import { TextField } from '../../shared/parts/fields.tsx'
import { Modal } from '../../shared/parts/Modal.tsx'
import { Notice } from '../../shared/parts/Notice.tsx'

/** Sends again the deliveries that failed since a time. */
export function Recover({ path, onClose }: { readonly path: string; readonly onClose: () => void }) {
  const [since, setSince] = useState('')
  const [count, setCount] = useState<number | null>(null)
  const at = new Date(since)
  const form = useForm<{ readonly deliveries: number }>({
    method: 'POST',
    path: `${path}/replay`,
    body: { since: Number.isNaN(at.getTime()) ? since : at.toISOString() },
    changes: [path, '/portal/api/v1/deliveries'],
    done: ({ deliveries }) => setCount(deliveries),
  })
  return (
    <Modal title="Recover deliveries that failed" isOpen onClose={onClose}>
      {count === null ? (
        <Form form={form} action="Send again" onCancel={onClose}>
          <TextField
            label="Since"
            type="datetime-local"
            required
            value={since}
            onChange={({ target }) => setSince(target.value)}
            hint="Deliveries that failed or were cancelled from this time on are sent again."
            error={form.errorOf('since')}
          />
        </Form>
      ) : (
        <Notice kind="good" title={`${count} deliveries are queued`}>
          The list of deliveries shows how each one ends.
        </Notice>
      )}
    </Modal>
  )
}
