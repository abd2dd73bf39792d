// The half of a dialect that the engine needs, compiled once: bodies, headers, signatures, schedule, rules.

import type { Dialect, EndpointRules } from '../contracts/dialect.ts'
import { limits } from '../domain/limits.ts'
import type { Tenant } from '../domain/tenant.ts'
import type { Catalogue, DeliveryDefinition, Variant } from './definition.ts'
import { detailRules } from './fields/details.ts'
import { DefinitionError } from './definition-error.ts'
import { testMembers } from './event-examples.ts'
import type { DeliveryExample } from './examples.ts'
import { checkDeliveryShape } from './definition-shape.ts'
import { deliveryForm } from './deliveries/delivery-form.ts'
import { schedulesOf, timeoutMembers } from './outcomes/endpoint-options.ts'
import { eventRules } from './fields/event-fields.ts'
import { keyRules } from './fields/field-keys.ts'
import type { FieldMap } from './fields/fields.ts'
import { filterRules, matchedAttributesOf } from './fields/filters.ts'
import { streak } from './outcomes/health.ts'
import { guardedCall } from './guarded.ts'
import { idForm, type IdForm } from './id-forms.ts'
import { outcomeMembers } from './outcomes/outcomes.ts'
import { quotasOf } from './access/quotas.ts'
import { receivingOf } from './recipes/receiving.ts'
import { verdicts } from './outcomes/verdicts.ts'

const operatorForms = {
  endpointForm: null,
  endpointOperations: { change: null, enable: null, disable: null, rotate: null, delete: null },
} as const
const anyTenantId = /^[A-Za-z0-9._-]{1,64}$/

interface DeliveriesOfApi {
  readonly fields?: FieldMap
  readonly forms?: Pick<Dialect, 'endpointForm' | 'endpointOperations' | 'customerFields'>
  readonly keepExchange?: boolean
  readonly customerActions?: Dialect['customerActions']
  readonly written?: DeliveryDefinition
  readonly examples?: readonly DeliveryExample[]
}

/**
 * Compiles a definition without an API of its own: its customers use the operator API's paths.
 *
 * @param api.fields the fields of endpoints; default: none but those that `rules` allow
 * @param api.forms the requests that make and change endpoints; default: none but those of the operator API
 * @param api.keepExchange whether its API shows the URL and the headers of attempts; default: false
 * @param api.customerActions the actions that its API lets customers do; default: all
 * @param api.written the definition as its author wrote it: recipes know parts by identity; default: `definition`
 * @param api.examples deliveries of the vendor's pages; default: none
 * @throws DefinitionError
 */
export function defineDeliveries(
  definition: DeliveryDefinition,
  {
    fields = {},
    forms = operatorForms,
    keepExchange = false,
    customerActions,
    written = definition,
    examples = [],
  }: DeliveriesOfApi = {},
): Dialect {
  checkDeliveryShape(definition)
  const { name, title, keys, events, deliveries } = definition
  if (!/^[a-z][a-z0-9-]{0,31}$/.test(name)) {
    throw new DefinitionError('name', 'must have 1 to 32 lower-case letters, digits and hyphens, a letter first')
  }
  const schedules = schedulesOf(deliveries.waits)
  // Only test events have types outside the catalogues.
  const known = new Set(
    [definition, ...Object.values(definition.variants ?? {})].flatMap((one) => Object.keys(one.events ?? {})),
  )
  const base: Omit<Dialect, 'receiving'> = {
    name,
    title,
    ...idMembers(definition),
    tenantsPerKeyMax: keys.tenantsMax ?? 1,
    scopes: keys.scopes ?? [...new Set(Object.values(keys.needs ?? {}))],
    ...(keys.defaultScopes !== undefined && { defaultScopes: keys.defaultScopes }),
    ...(keys.scopesAreAll && { scopesAreAll: true }),
    roles: keys.roles ?? [],
    quotas: quotasOf(definition.quotas ?? {}),
    tenantSettings: definition.tenantSettings ?? {},
    eventTypes: catalogueOf(events),
    openCatalogue: definition.openCatalogue ?? false,
    ...testMembers(
      definition,
      examples.filter(({ settings }) => settings === undefined),
    ),
    endpointRules: rulesOf(definition, fields),
    ...(customerActions && { customerActions }),
    ...forms,
    installationSecret: deliveries.secrets.installation ?? null,
    ...(deliveries.secrets.apiKeysSign && { signsWithApiKeys: true }),
    ...(deliveries.secrets.createForTenant && { newTenantSecret: deliveries.secrets.createForTenant }),
    keepExchange,
    ...timeoutMembers(deliveries.timeout),
    retries: schedules.usual,
    ...deliveryForm(deliveries),
    ...outcomeMembers(deliveries.outcomes ?? {}),
    signingKey: deliveries.secrets.key,
    ...matchedAttributesOf(Object.values(fields)),
    verdict: verdicts(deliveries, schedules, (type) => known.has(type)),
    ...(deliveries.wants && { wants: guardedChoice(name, deliveries.wants) }),
    ...(deliveries.deletesGone && { deletesGone: true }),
    ...(deliveries.health ?? streak()),
  }
  const whole = { ...base, receiving: receivingOf(base, written.deliveries) }
  return withVariants(whole, definition, written, examples)
}

type IdMembers = 'tenantIdPattern' | 'tenantIdWords' | 'newTenantId' | 'newApiKey' | 'newEndpointId' | 'newEventId'

function idMembers({ ids, keys }: DeliveryDefinition): Pick<Dialect, IdMembers> {
  const [tenantId, endpointId, eventId, apiKey] = [
    pathForm(ids.tenant, 'ids.tenant'),
    pathForm(ids.endpoint, 'ids.endpoint'),
    pathForm(ids.event, 'ids.event'),
    idForm(keys.form, 'keys.form'),
  ]
  return {
    ...tenantIds(ids, tenantId),
    newTenantId: (random) => tenantId.create(random, 0, 0),
    newApiKey: (random) => apiKey.create(random, 0, 0),
    newEndpointId: (key, random) => endpointId.create(random, 0, key),
    newEventId: (nowMs, random) => eventId.create(random, nowMs, 0),
  }
}

/** An id that can stand in a path. @throws DefinitionError */
function pathForm(template: string, field: string): IdForm {
  const form = idForm(template, field)
  const id = exampleId(form)
  if (!/^[\w.~:@+=-]+$/.test(id)) {
    throw new DefinitionError(field, `makes ids such as ${JSON.stringify(id)}, which cannot stand in a path`)
  }
  if (id.length > idCharsMax) throw new DefinitionError(field, `makes ids of more than ${idCharsMax} characters`)
  if (field !== 'ids.endpoint' && template.includes('{number')) {
    throw new DefinitionError(field, '{number} is the number of an endpoint: only ids.endpoint can have it')
  }
  return form
}

const idCharsMax = 128

function exampleId(form: IdForm): string {
  return form.create((size) => new Uint8Array(size).fill(100), 0, 1)
}

function tenantIds(
  { tenantPattern, tenant }: DeliveryDefinition['ids'],
  form: IdForm,
): Pick<Dialect, 'tenantIdPattern' | 'tenantIdWords'> {
  if (tenantPattern !== undefined) {
    return {
      tenantIdPattern: tenantPattern,
      tenantIdWords: `an id as the product has them, such as ${exampleId(form)}`,
    }
  }
  if (tenant.includes('{uuid')) return { tenantIdPattern: form.pattern, tenantIdWords: 'a UUID in lower case' }
  return {
    tenantIdPattern: anyTenantId,
    tenantIdWords: '1 to 64 letters, digits, dots, hyphens and underscores',
  }
}

/** The choices are guarded as the function is that returns them (guarded.ts). */
function guardedChoice(dialect: string, wants: NonNullable<Dialect['wants']>): NonNullable<Dialect['wants']> {
  return (endpoint) => {
    const chooses = wants(endpoint)
    return chooses && guardedCall(dialect, 'deliveries.wants', chooses, undefined)
  }
}

function catalogueOf(events: Catalogue): Dialect['eventTypes'] {
  return Object.entries(events).map(([name, said]) => ({
    name,
    ...(typeof said === 'string' ? { description: said } : said),
  }))
}

function deliveriesOf(
  { deliveries }: DeliveryDefinition,
  { body, headers }: Variant,
): DeliveryDefinition['deliveries'] {
  return { ...deliveries, body: body ?? deliveries.body, headers: headers ?? deliveries.headers }
}

/** The dialect, with the choice between its variants for each tenant. */
function withVariants(
  base: Dialect,
  definition: DeliveryDefinition,
  written: DeliveryDefinition,
  examples: readonly DeliveryExample[],
): Dialect {
  const compiled = Object.entries(definition.variants ?? {}).map(([of, variant]) => {
    const { events } = variant
    const [setting = '', value = ''] = of.split(': ')
    const dialect = {
      ...base,
      ...deliveryForm(deliveriesOf(definition, variant)),
      ...testMembers(
        definition,
        examples.filter(({ settings }) => settings?.[setting] === value),
      ),
      ...(events && { eventTypes: catalogueOf(events) }),
    }
    const own = deliveriesOf(written, written.variants?.[of as keyof typeof written.variants] ?? variant)
    return { setting, value, dialect: { ...dialect, receiving: receivingOf(dialect, own) } }
  })
  if (compiled.length === 0) return base
  const all = [base, ...compiled.map(({ dialect }) => dialect)]
  const of = ({ settings }: Pick<Tenant, 'settings'>): Dialect =>
    compiled.find(({ setting, value }) => settings[setting] === value)?.dialect ?? base
  return {
    ...base,
    ofTenant: of,
    encode: (message, ...attempt) => of(message.tenant).encode(message, ...attempt),
    headers: (message, ...sending) => of(message.tenant).headers(message, ...sending),
    ...(all.some(({ bodyPerAttempt }) => bodyPerAttempt) && { bodyPerAttempt: true }),
    ...(all.some(({ needsEarlier }) => needsEarlier) && { needsEarlier: true }),
  }
}

function rulesOf({ rules = {}, deliveries }: DeliveryDefinition, fields: FieldMap): EndpointRules {
  const { secrets } = deliveries
  const kinds = Object.values(fields)
  return {
    schemes: ['https:'],
    urlCharsMax: limits.urlCharsMax,
    descriptionCharsMax: limits.descriptionCharsMax,
    wildcards: 'none',
    ...filterRules(kinds),
    ...detailRules(fields),
    ...keyRules(fields),
    ...eventRules(kinds),
    customHeaders: kinds.some(({ is }) => is === 'headers'),
    ...rules,
    newSecret: secrets.create,
    secretFault: secrets.fault,
  }
}
