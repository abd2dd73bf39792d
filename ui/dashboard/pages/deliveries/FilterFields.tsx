import { type KeyboardEvent, type ReactNode, useEffect, useId, useState } from 'react'
import { Chips } from '../../../shared/parts/Chips.tsx'
import { Filters, SelectField, TextField } from '../../../shared/parts/fields.tsx'
import { outcomes } from '../../../shared/parts/Status.tsx'
import { TimeField } from '../../../shared/parts/TimeField.tsx'
import { DialectField } from '../../parts/DialectField.tsx'
import { useRead } from '../../../shared/queries.ts'
import type { Dialect, Endpoint, Page, Tenant } from '../../../shared/types.ts'
import { type FilterSearch, isOfAttempts, type Range, rangeOf, statuses, valueOf, valuesOf } from './filter.ts'
import { targetOf } from '../../../shared/target.ts'

/** Changes parameters of the address; an empty text removes one. */
export type ChangeFilter = (change: FilterSearch) => void

interface FieldsProps {
  readonly search: FilterSearch
  readonly change: ChangeFilter
}

/** All filters of the list of deliveries. */
export function FilterFields({ search, change }: FieldsProps) {
  const chosen = valuesOf(search, 'status')
  // Failing deliveries are pending ones: no other status goes with it.
  const choose = (name: string, isChosen: boolean): void => {
    if (name === 'failing') return change({ status: isChosen ? 'failing' : '' })
    const others = chosen.filter((one) => one !== name && one !== 'failing')
    change({ status: isChosen ? [...others, name] : others })
  }
  return (
    <>
      <Chips label="Status" names={['failing', ...statuses]} chosen={chosen} onChange={choose} />
      <Filters>
        <TenantField search={search} change={change} />
        <EndpointField search={search} change={change} />
        <EventTypeField search={search} change={change} />
        <DialectField value={valueOf(search, 'dialect')} onChange={(dialect) => change({ dialect })} />
        <OutcomeField label="Outcome of an attempt" search={search} change={change} />
        <DraftField
          label="HTTP status"
          inputMode="numeric"
          placeholder="any"
          value={valueOf(search, 'httpStatus')}
          onDone={(httpStatus) => change({ httpStatus })}
        />
        <SelectField
          label="Time"
          value={rangeOf(search)}
          onChange={({ target }) => change({ range: target.value === 'all' ? '' : target.value, from: '', to: '' })}
        >
          {rangeNames.map(([range, name]) => (
            <option key={range} value={range}>
              {name}
            </option>
          ))}
        </SelectField>
        {rangeOf(search) !== 'all' && (
          <SelectField
            label="Time of"
            value={isOfAttempts(search) ? 'attempted' : ''}
            onChange={({ target }) => change({ time: target.value })}
          >
            <option value="">the creation</option>
            <option value="attempted">an attempt</option>
          </SelectField>
        )}
        {rangeOf(search) === 'custom' && <SpanFields search={search} change={change} />}
      </Filters>
    </>
  )
}

const rangeNames: readonly (readonly [Range, string])[] = [
  ['all', 'all that is stored'],
  ['1h', 'the last hour'],
  ['24h', 'the last 24 hours'],
  ['7d', 'the last 7 days'],
  ['custom', 'from … to …'],
]

export function SpanFields({ search, change }: FieldsProps) {
  return (
    <>
      <TimeField label="From" value={valueOf(search, 'from')} onDone={(from) => change({ from })} />
      <TimeField label="To, without this time" value={valueOf(search, 'to')} onDone={(to) => change({ to })} />
    </>
  )
}

interface ErrorProps {
  /** The API's message about the field. */
  readonly error?: string | undefined
}

interface TenantFieldProps extends FieldsProps, ErrorProps {
  readonly isRequired?: boolean
}

export function TenantField({ search, change, error, isRequired = false }: TenantFieldProps) {
  const [draft, setDraft] = useState('')
  const found = useRead<Page<Tenant>>('/v1/tenants', { query: { q: draft, limit: 10 }, isEnabled: draft !== '' })
  return (
    <DraftField
      label="Tenant"
      isRequired={isRequired}
      placeholder={isRequired ? 'its id' : 'all'}
      error={error}
      value={valueOf(search, 'tenant')}
      onDraft={setDraft}
      suggestions={found.data?.data.map(({ id, name }) => [id, name ?? '']) ?? []}
      // An endpoint belongs to one tenant.
      onDone={(tenant) => change({ tenant, endpoint: '' })}
    />
  )
}

export function EndpointField({ search, change, error }: FieldsProps & ErrorProps) {
  const tenant = valueOf(search, 'tenant')
  const found = useRead<Page<Endpoint>>(`/v1/tenants/${encodeURIComponent(tenant)}/endpoints`, {
    query: { limit: 50 },
    isEnabled: tenant !== '',
  })
  return (
    <DraftField
      label="Endpoint"
      placeholder={tenant === '' ? 'all: choose a tenant first' : 'all'}
      error={error}
      disabled={tenant === ''}
      value={valueOf(search, 'endpoint')}
      suggestions={found.data?.data.map((endpoint) => [endpoint.id, targetOf(endpoint)]) ?? []}
      onDone={(endpoint) => change({ endpoint })}
    />
  )
}

export function EventTypeField({ search, change, error }: FieldsProps & ErrorProps) {
  const dialects = useRead<Page<Dialect>>('/v1/dialects')
  const dialect = valueOf(search, 'dialect')
  const names = dialects.data?.data
    .filter(({ name }) => dialect === '' || name === dialect)
    .flatMap(({ eventTypes }) => eventTypes.map(({ name }) => name))
  return (
    <DraftField
      label="Event type"
      placeholder="all"
      error={error}
      value={valueOf(search, 'eventType')}
      suggestions={[...new Set(names)].map((name) => [name, ''])}
      onDone={(eventType) => change({ eventType })}
    />
  )
}

export function OutcomeField({
  label,
  hint,
  search,
  change,
}: FieldsProps & { readonly label: string; readonly hint?: string }) {
  return (
    <SelectField
      label={label}
      hint={hint}
      value={valueOf(search, 'outcome')}
      onChange={({ target }) => change({ outcome: target.value })}
    >
      <option value="">any</option>
      {Object.entries(outcomes).map(([outcome, { name }]) => (
        <option key={outcome} value={outcome}>
          {name}
        </option>
      ))}
    </SelectField>
  )
}

interface DraftFieldProps {
  readonly label: ReactNode
  readonly hint?: ReactNode
  readonly value: string
  readonly onDone: (value: string) => void
  readonly onDraft?: (value: string) => void
  /** Values with an explanation. */
  readonly suggestions?: readonly (readonly [value: string, explanation: string])[]
  readonly placeholder?: string
  readonly disabled?: boolean
  readonly inputMode?: 'numeric'
  readonly error?: string | undefined
  readonly isRequired?: boolean
}

/** A text that counts when it is complete: after Enter, a choice among the suggestions, or when the field is left. */
export function DraftField({ value, onDone, onDraft, suggestions = [], ...rest }: DraftFieldProps) {
  const list = useId()
  const [draft, setDraft] = useState(value)
  useEffect(() => setDraft(value), [value])
  const done = (text: string): void => {
    if (text.trim() !== value) onDone(text.trim())
  }
  return (
    <>
      <TextField
        {...rest}
        list={list}
        value={draft}
        onChange={({ target }) => {
          setDraft(target.value)
          onDraft?.(target.value)
          if (suggestions.some(([suggestion]) => suggestion === target.value)) done(target.value)
        }}
        onBlur={() => done(draft)}
        onKeyDown={(press: KeyboardEvent) => {
          if (press.key !== 'Enter' || draft.trim() === value) return
          // In a form, the first Enter completes the text. The next one sends the form.
          press.preventDefault()
          done(draft)
        }}
      />
      <datalist id={list}>
        {suggestions.map(([suggestion, explanation]) => (
          <option key={suggestion} value={suggestion}>
            {explanation}
          </option>
        ))}
      </datalist>
    </>
  )
}
