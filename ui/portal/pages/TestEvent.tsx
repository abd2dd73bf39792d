import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { Form, useForm } from '../../shared/parts/Form.tsx'
import { Section } from '../../shared/parts/Page.tsx'
import { DeliveryStatus } from '../../shared/parts/Status.tsx'
import { useRead } from '../../shared/queries.ts'
import type { Delivery } from '../../shared/types.ts'
import { useMay } from '../shell/session.ts'

interface Sent {
  readonly type: string
  readonly delivery: string
}

/** @param isEnabled whether the endpoint takes deliveries */
export function TestEvent({ path, isEnabled }: { readonly path: string; readonly isEnabled: boolean }) {
  const [sent, setSent] = useState<Sent | null>(null)
  const form = useForm<Sent>({
    method: 'POST',
    path: `${path}/test`,
    changes: ['/portal/api/v1/deliveries'],
    done: setSent,
  })
  return (
    <Section title="Test event">
      {isEnabled ? (
        <Form form={form} action="Send a test event">
          <p>It is sent to this endpoint at once, and tried again like any other.</p>
        </Form>
      ) : (
        <p>A disabled endpoint gets no test event.</p>
      )}
      {sent !== null && <Outcome sent={sent} />}
    </Section>
  )
}

function Outcome({ sent: { type, delivery } }: { readonly sent: Sent }) {
  const may = useMay()
  const { data } = useRead<Delivery>(`/portal/api/v1/deliveries/${delivery}`, {
    everyMs: 1000,
    isEnabled: may('getDelivery'),
  })
  return (
    <p role="status">
      <code>{type}</code> was sent: {data === undefined ? 'queued' : <DeliveryStatus {...data} />}{' '}
      {may('getDelivery') && (
        <Link to="/deliveries/$delivery" params={{ delivery }}>
          Details
        </Link>
      )}
    </p>
  )
}
