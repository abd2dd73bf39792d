import { ChoicesField } from '../parts/ChoicesField.tsx'
import { CheckField, SelectField, TextArea, TextField } from '../parts/fields.tsx'
import type { FormState } from '../parts/Form.tsx'
import { PairsField } from '../parts/PairsField.tsx'
import type { Dialect, Tenant } from '../types.ts'
import { catalogueOf, type EndpointValues, fieldSchema, type FormField, formFields } from './endpoint-values.ts'
import { HiddenHeaders, type HiddenHeadersProps } from './HiddenHeaders.tsx'

export interface EndpointFieldsProps {
  /** The settings of the tenant, which choose its catalogue. */
  readonly settings: Tenant['settings']
  readonly dialect: Dialect
  readonly values: EndpointValues
  readonly change: (values: Partial<EndpointValues>) => void
  readonly form: FormState
  readonly isNew?: boolean
  /** The fields that are taken from a customer, such as `url` and `filters.region`; null: all, from an operator. */
  readonly taken: readonly string[] | null
  readonly required: readonly string[]
  /** The headers of an endpoint whose values were not read; null: they are in `values`. */
  readonly hidden?: HiddenHeadersProps | null
  /** Its consumers fetch the deliveries: it has no URL. */
  readonly isPolled?: boolean
}

/** The fields that the operator API needs. */
export const requiredFields = ['url', 'eventTypes'] as const

interface PartProps extends EndpointFieldsProps {
  /** The dialect's own field; absent: the dialect's API has none. */
  readonly field: FormField | undefined
  readonly hint: string
}

const parts = ['url', 'eventTypes', 'description', 'filters', 'headers', 'details', 'secrets', 'enabled'] as const
type PartName = (typeof parts)[number]

const partOf: Readonly<Record<FormField['is'], PartName>> = {
  url: 'url',
  description: 'description',
  eventType: 'eventTypes',
  eventTypes: 'eventTypes',
  eventFlag: 'eventTypes',
  enabled: 'enabled',
  secret: 'secrets',
  secrets: 'secrets',
  headers: 'headers',
  filter: 'filters',
  detail: 'details',
}

/** Parts that every endpoint has, even if the API of its dialect does not show them. */
const always: readonly PartName[] = ['url', 'eventTypes', 'description', 'enabled']

/** The fields of an endpoint: in the order of its dialect, with its names and rules. */
export function EndpointFields(props: EndpointFieldsProps) {
  const { taken } = props
  const isTaken = (name: string): boolean => taken === null || taken.includes(name)
  const takesFilters = taken === null || taken.some((name) => name.startsWith('filters'))
  const own = formFields(props.dialect)
  const hasAll = props.dialect.endpointForm === null
  const inOrder = [...own.map(({ is }) => partOf[is]), ...parts.filter((part) => hasAll || always.includes(part))]
  const hidden: readonly (PartName | false)[] = [props.isNew !== true && 'enabled', props.isPolled === true && 'url']
  const shown = [...new Set(inOrder)].filter(
    (part) => !hidden.includes(part) && (part === 'filters' || part === 'details' || isTaken(part)),
  )
  return shown.map((part) => {
    const fields = own.filter(({ is }) => partOf[is] === part)
    if (part === 'filters' || part === 'details') {
      const members = fields.filter(({ of, name }) => isTaken(`${part}.${of ?? name}`))
      return fields.length === 0
        ? part === 'filters' && takesFilters && <Filters key={part} {...props} />
        : members.map((field) => <OwnValue key={field.name} {...props} field={field} hint={hintOf(field, props)} />)
    }
    const [field] = fields
    const Part = fixedParts[part]
    return <Part key={part} {...props} field={field} hint={field === undefined ? '' : hintOf(field, props)} />
  })
}

/** The vendor's name of a field, and its rules. */
function hintOf(field: FormField, { dialect, taken }: EndpointFieldsProps): string {
  const { description, minItems = 0, maxItems, maxLength, maxProperties } = fieldSchema(field)
  const rules = [
    field.isRequired && taken === null ? 'required' : '',
    minItems > 0 ? `at least ${minItems}` : '',
    maxItems === undefined ? '' : `at most ${maxItems}`,
    maxProperties === undefined ? '' : `at most ${maxProperties}`,
    maxLength === undefined ? '' : `at most ${maxLength} characters`,
  ].filter((rule) => rule !== '')
  const place = taken === null ? `${dialect.title}:` : 'In the API:'
  const name = `${place} ${field.name}${rules.length === 0 ? '' : ` (${rules.join(', ')})`}.`
  return description === undefined ? name : `${name} ${description}`
}

const fixedParts = {
  url: Url,
  eventTypes: EventTypes,
  description: Description,
  headers: Headers,
  secrets: Secret,
  enabled: Enabled,
} as const

function Url({ values, change, form, hint, required }: PartProps) {
  return (
    <TextField
      label="URL"
      isRequired={required.includes('url')}
      hint={hint || undefined}
      value={values.url}
      onChange={({ target }) => change({ url: target.value })}
      error={form.errorOf('url')}
    />
  )
}

function EventTypes({ settings, dialect, values, change, form, field, hint, required }: PartProps) {
  const catalogue = catalogueOf(dialect, { settings })
  const isRequired = required.includes('eventTypes')
  const error = form.errorOf('eventTypes')
  if (field?.is === 'eventType') {
    return (
      <SelectField
        label="Event type"
        isRequired={isRequired}
        hint={hint}
        value={values.eventTypes[0] ?? ''}
        onChange={({ target }) => change({ eventTypes: target.value === '' ? [] : [target.value] })}
        error={error}
      >
        <option value="">choose one</option>
        {catalogue.map(({ name, description }) => (
          <option key={name} value={name} title={description}>
            {name}
          </option>
        ))}
      </SelectField>
    )
  }
  return (
    <>
      {catalogue.length > 0 && (
        <ChoicesField
          label="Event types"
          isRequired={isRequired}
          hint={hint || undefined}
          choices={catalogue}
          chosen={values.eventTypes}
          onChange={(eventTypes) => change({ eventTypes })}
          error={error}
        />
      )}
      {(dialect.openCatalogue || !isCatalogueAll(field)) && (
        <TextArea
          label={catalogue.length > 0 ? 'Other event types' : 'Event types'}
          isRequired={isRequired && catalogue.length === 0}
          hint={dialect.openCatalogue ? 'One a line. A pattern ends with *.' : 'One a line. * stands for all.'}
          rows={2}
          value={values.otherTypes}
          onChange={({ target }) => change({ otherTypes: target.value })}
          error={catalogue.length > 0 ? undefined : error}
        />
      )}
    </>
  )
}

/** Whether the dialect's own API takes event types of the catalogue alone. */
function isCatalogueAll(field: FormField | undefined): boolean {
  return field !== undefined && fieldSchema(field).items?.enum !== undefined
}

function Description({ dialect, values, change, form, field, hint, required }: PartProps) {
  return (
    <TextField
      label="Description"
      isRequired={required.includes('description')}
      hint={
        field === undefined && dialect.endpointForm !== null ? `${dialect.title} does not show it.` : hint || undefined
      }
      value={values.description}
      onChange={({ target }) => change({ description: target.value })}
      error={form.errorOf('description')}
    />
  )
}

function Filters({ values, change, form }: EndpointFieldsProps) {
  return (
    <PairsField
      label="Filters"
      one="filter"
      hint="Attributes that events must have. A name that is given twice has several values, of which one must match."
      pairs={values.filters}
      onChange={(filters) => change({ filters })}
      error={form.errorOf('filters')}
    />
  )
}

/** A filter or a detail of the dialect. */
function OwnValue({ values, change, form, field, hint, required }: PartProps) {
  const { is, of, name } = field as FormField
  const at = of ?? name
  const schema = fieldSchema(field as FormField)
  const isFilter = is === 'filter'
  const value = isFilter
    ? values.filters
        .filter((pair) => pair.name === at)
        .map((pair) => pair.value)
        .join(', ')
    : (values.details[at] ?? '')
  const set = (text: string): void => {
    if (!isFilter) return change({ details: { ...values.details, [at]: text } })
    const several = schema.type === 'array' ? text.split(',').map((one) => one.trim()) : [text]
    const others = values.filters.filter((pair) => pair.name !== at)
    change({ filters: text === '' ? others : [...others, ...several.map((one) => ({ name: at, value: one }))] })
  }
  const place = `${isFilter ? 'filters' : 'details'}.${at}`
  const shared = { label: name, hint, value, error: form.errorOf(place), isRequired: required.includes(place) }
  const choices = schema.type === 'boolean' ? ['true', 'false'] : schema.enum?.map(String)
  if (choices === undefined) return <TextField {...shared} onChange={({ target }) => set(target.value)} />
  return (
    <SelectField {...shared} onChange={({ target }) => set(target.value)}>
      <option value="">not given</option>
      {choices.map((choice) => (
        <option key={choice}>{choice}</option>
      ))}
    </SelectField>
  )
}

function Headers({ dialect, values, change, form, hint, hidden = null }: PartProps) {
  if (hidden !== null) return <HiddenHeaders {...hidden} />
  const canHide = dialect.endpointForm === null
  const { writeOnlyHeaders } = values
  return (
    <PairsField
      label="Headers"
      one="header"
      hint={hint || 'Sent with every delivery.'}
      pairs={values.headers}
      onChange={(headers) => change({ headers })}
      error={form.errorOf('headers') ?? form.errorOf('writeOnlyHeaders')}
      more={(pair) =>
        canHide && (
          <CheckField
            label="never show the value"
            checked={writeOnlyHeaders.includes(pair.name)}
            disabled={pair.name === ''}
            onChange={({ target }) =>
              change({
                writeOnlyHeaders: target.checked
                  ? [...writeOnlyHeaders, pair.name]
                  : writeOnlyHeaders.filter((name) => name !== pair.name),
              })
            }
          />
        )
      }
    />
  )
}

function Secret({ values, change, form, hint, isNew, required }: PartProps) {
  const isRequired = isNew === true && required.includes('secrets')
  const empty =
    isNew === true ? (isRequired ? '' : 'Empty: one is made.') : 'Empty: it stays. A new one takes the place of all.'
  return (
    <TextField
      label={isNew === true ? 'Secret' : 'New secret'}
      isRequired={isRequired}
      hint={`${hint} ${empty}`.trim() || undefined}
      value={values.secret}
      onChange={({ target }) => change({ secret: target.value })}
      error={form.errorOf('secrets')}
    />
  )
}

function Enabled({ values, change, form, hint }: PartProps) {
  return (
    <CheckField
      label="Enabled"
      hint={hint || undefined}
      checked={values.enabled}
      onChange={({ target }) => change({ enabled: target.checked })}
      error={form.errorOf('enabled')}
    />
  )
}
