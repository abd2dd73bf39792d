import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { Chips } from '../../../shared/parts/Chips.tsx'
import { Form, useForm } from '../../../shared/parts/Form.tsx'
import { CheckField, Filters, TextField } from '../../../shared/parts/fields.tsx'
import { Notice } from '../../../shared/parts/Notice.tsx'
import { Page, Section } from '../../../shared/parts/Page.tsx'
import { TimeField } from '../../../shared/parts/TimeField.tsx'
import type { Replay } from '../../../shared/types.ts'
import { useCanChange } from '../../shell/session.ts'
import { type FilterSearch, statuses, valueOf, valuesOf } from '../deliveries/filter.ts'
import {
  type ChangeFilter,
  EndpointField,
  EventTypeField,
  OutcomeField,
  TenantField,
} from '../deliveries/FilterFields.tsx'

const day = 86_400_000
const rateDefault = '50'

/** A new replay from the filter in the address. It is a preview first, which sends nothing. */
export function NewReplay() {
  const given = useSearch({ from: '/replays/new' })
  const navigate = useNavigate({ from: '/replays/new' })
  const canChange = useCanChange()
  // The defaults are shown as the filters that they are.
  const [search, setSearch] = useState<FilterSearch>(() => ({
    status: ['failed', 'cancelled'],
    from: new Date(Date.now() - day).toISOString(),
    rate: rateDefault,
    ...given,
  }))
  const form = useForm<Replay>({
    method: 'POST',
    path: '/v1/replays',
    body: bodyOf(search),
    changes: ['/v1/replays'],
    done: ({ id }) => void navigate({ to: '/replays/$replay', params: { replay: id }, search: {} }),
  })
  // The address follows the form, which changes at once: a press of the button must send the last change too.
  const change: ChangeFilter = (changes) => {
    const changed = { ...search, ...changes }
    setSearch(changed)
    void navigate({ search: changed, replace: true })
  }
  return (
    <Page
      title="New replay"
      above={<Link to="/replays">Replays</Link>}
      lead="Choose the deliveries. The next step counts them and sends nothing."
    >
      {canChange ? (
        <Section>
          <Form form={form} action="Preview" onCancel={() => void navigate({ to: '/replays', search: {} })}>
            <Fields search={search} change={change} errorOf={(field) => form.errorOf(field)} />
          </Form>
        </Section>
      ) : (
        <Notice title="Your key may only read.">A key with the role admin makes replays.</Notice>
      )}
    </Page>
  )
}

interface FieldsProps {
  readonly search: FilterSearch
  readonly change: ChangeFilter
  readonly errorOf: (field: string) => string | undefined
}

function Fields({ search, change, errorOf }: FieldsProps) {
  const isMissing = valueOf(search, 'missing') === 'true'
  const chosen = valuesOf(search, 'status')
  return (
    <>
      <CheckField
        label="Events that an endpoint never got"
        hint="Such an endpoint was off, or not there yet, when the event came. It gets each event that it wants with its present event types and filters."
        checked={isMissing}
        onChange={({ target }) => change({ missing: target.checked ? 'true' : '' })}
      />
      {!isMissing && (
        <Chips
          label="Status"
          names={statuses}
          chosen={chosen}
          onChange={(name, isChosen) =>
            change({ status: isChosen ? [...chosen, name] : chosen.filter((one) => one !== name) })
          }
        />
      )}
      <Filters>
        <TenantField search={search} change={change} error={errorOf('filter.tenant')} isRequired />
        <EndpointField search={search} change={change} error={errorOf('filter.endpoint')} />
        <EventTypeField search={search} change={change} error={errorOf('filter.eventType')} />
        {!isMissing && <OutcomeField label="Outcome of the last attempt" search={search} change={change} />}
        <TimeField
          label="Accepted from"
          isRequired
          value={valueOf(search, 'from')}
          error={errorOf('filter.from')}
          onDone={(from) => change({ from })}
        />
        <TimeField
          label="Accepted until (empty: now)"
          value={valueOf(search, 'to')}
          error={errorOf('filter.to')}
          onDone={(to) => change({ to })}
        />
        <TextField
          label="Deliveries a second"
          type="number"
          min={1}
          max={1000}
          value={valueOf(search, 'rate')}
          error={errorOf('rate')}
          onChange={({ target }) => change({ rate: target.value })}
        />
      </Filters>
    </>
  )
}

function bodyOf(search: FilterSearch): unknown {
  const isMissing = valueOf(search, 'missing') === 'true'
  const given = (name: string): object => (valueOf(search, name) === '' ? {} : { [name]: valueOf(search, name) })
  const filter = {
    tenant: valueOf(search, 'tenant'),
    from: valueOf(search, 'from'),
    ...given('to'),
    ...given('endpoint'),
    ...given('eventType'),
    ...(!isMissing && { status: valuesOf(search, 'status'), ...given('outcome') }),
  }
  return { filter, missing: isMissing, rate: Number(valueOf(search, 'rate')), dryRun: true }
}
