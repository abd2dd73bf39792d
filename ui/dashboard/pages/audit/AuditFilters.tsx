import { Filters, SelectField, TextField } from '../../../shared/parts/fields.tsx'
import { TimeField } from '../../../shared/parts/TimeField.tsx'
import type { AuditRecord } from '../../../shared/types.ts'

export const filterNames = ['tenant', 'actor', 'action', 'object', 'from', 'to'] as const

// The compiler finds an action that is missing here, or is none.
const actions: Readonly<Record<AuditRecord['action'], true>> = {
  'tenant.create': true,
  'tenant.change': true,
  'tenant.delete': true,
  'key.create': true,
  'key.revoke': true,
  'operator_key.create': true,
  'operator_key.change': true,
  'operator_key.delete': true,
  'endpoint.create': true,
  'endpoint.change': true,
  'endpoint.delete': true,
  'endpoint.replay': true,
  'secret.rotate': true,
  'secret.read': true,
  'tenant_secret.rotate': true,
  'signing_key.rotate': true,
  'delivery.retry': true,
  'payload.erase': true,
  'response.erase': true,
  'portal_link.create': true,
  'portal_link.open': true,
  'portal_link.delete': true,
  'replay.create': true,
  'replay.start': true,
  'replay.cancel': true,
  'set_aside.retry': true,
  'set_aside.delete': true,
  'several.attempts': true,
}

export interface AuditFiltersProps {
  readonly filter: Readonly<Record<string, string>>
  readonly change: (filter: Readonly<Record<string, string>>) => void
}

export function AuditFilters({ filter, change }: AuditFiltersProps) {
  const text = (label: string, name: string) => (
    <TextField
      type="search"
      label={label}
      value={filter[name] ?? ''}
      onChange={({ target }) => change({ [name]: target.value })}
    />
  )
  return (
    <Filters>
      <SelectField label="Action" value={filter['action']} onChange={({ target }) => change({ action: target.value })}>
        <option value="">all</option>
        {Object.keys(actions).map((action) => (
          <option key={action}>{action}</option>
        ))}
      </SelectField>
      {text('Id of the tenant', 'tenant')}
      {text('Id of the key', 'actor')}
      {text('Id of the object', 'object')}
      <TimeField label="From" value={filter['from'] ?? ''} onDone={(from) => change({ from })} />
      <TimeField label="To" value={filter['to'] ?? ''} onDone={(to) => change({ to })} />
    </Filters>
  )
}
