import { useState } from 'react'
import { Button } from '../../shared/parts/Button.tsx'
import { Form, useForm } from '../../shared/parts/Form.tsx'
import { FormActions, TextField } from '../../shared/parts/fields.tsx'
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
            isRequired
            type="datetime-local"
            required
            value={since}
            onChange={({ target }) => setSince(target.value)}
            hint="Failed and cancelled deliveries are sent again, if their event was accepted at this time or later."
            error={form.errorOf('since')}
          />
        </Form>
      ) : (
        <>
          {count === 0 ? (
            <Notice title="No delivery is to be sent again">None has failed or was cancelled since then.</Notice>
          ) : (
            <Notice kind="good" title={`Queued again: ${count}`}>
              The list of deliveries shows how each one ends.
            </Notice>
          )}
          <FormActions>
            <Button onClick={onClose}>Close</Button>
          </FormActions>
        </>
      )}
    </Modal>
  )
}
