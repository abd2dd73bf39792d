// The shapes of objects in the operator API, as schemas and as functions: names in camelCase, times in ISO 8601 UTC.

import { Type } from 'typebox'
import type { Principal } from '../domain/principal.ts'
import { type Attempt, describeOutcome, type Outcome, shownToCustomers } from '../domain/attempt.ts'
import { type Endpoint, type EndpointStatus, isPolling, kindOf } from '../domain/endpoint.ts'
import type { Erasure } from '../domain/erasure.ts'
import type { Event } from '../domain/event.ts'
import { limits } from '../domain/limits.ts'
import type { Tenant } from '../domain/tenant.ts'
import type { Dialect } from '../contracts/dialect.ts'
import type { DeliveryRow } from '../contracts/history-store.ts'
import { iso } from '../domain/time.ts'
import type { SearchedPage } from '../contracts/page.ts'
import { pageBody } from '../http/cursor.ts'
import { operatorErrorCodes } from './error-codes.ts'

export const Nullable = <Schema extends Parameters<typeof Type.Union>[0][number]>(schema: Schema) =>
  Type.Union([schema, Type.Null()])
/** A time without leap seconds: the format allows them, but a Date cannot hold them. */
export const Time = Type.String({ format: 'date-time', pattern: '^[^:]+:[^:]+:[0-5]' })
/** Seconds for which something is stored. */
export const Seconds = Type.Integer({ minimum: 1, maximum: limits.retainSecondsMax })
/** For how long secrets that are replaced sign too. */
export const OverlapSeconds = Type.Optional(
  Type.Integer({
    minimum: 0,
    maximum: limits.secretOverlapMsMax / 1000,
    default: limits.secretOverlapMsDefault / 1000,
    description: 'For how long the older secrets sign too.',
  }),
)
/** A tenant in a path. */
export const TenantParameter = Type.String({ examples: ['globex'] })
export const StringMap = Type.Record(Type.String(), Type.String())

const NextCursor = Nullable(Type.String({ description: 'The cursor of the next page; null: there is none.' }))

export const PageQuery = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.pageSizeMax, default: limits.pageSizeDefault })),
  cursor: Type.Optional(
    Type.String({ maxLength: 512, description: 'The nextCursor of the page before; default: the first page.' }),
  ),
}
export const PageOf = <Schema extends Parameters<typeof Type.Array>[0]>(schema: Schema) =>
  Type.Object({ data: Type.Array(schema), nextCursor: NextCursor })

/** A page of a list that may search for long. */
export const SearchedPageOf = <Schema extends Parameters<typeof Type.Array>[0]>(schema: Schema) =>
  Type.Object({
    data: Type.Array(schema),
    nextCursor: NextCursor,
    searchedTo: Nullable({
      ...Time,
      description:
        'The list has searched back to this time and found fewer rows than it may have: nextCursor goes on. Null: all.',
    }),
  })

export function searchedBody<Row>(list: string, page: SearchedPage<Row>, shape: (row: Row) => unknown): object {
  return { ...pageBody(list, page, shape), searchedTo: timeOrNull(page.searchedTo) }
}

export const SearchText = Type.String({ minLength: 1, maxLength: limits.searchTextCharsMax })

/** One value, or several by repeating the parameter. */
export const OneOrMore = <Schema extends Parameters<typeof Type.Array>[0]>(schema: Schema) =>
  Type.Union([schema, Type.Array(schema, { minItems: 1, maxItems: limits.queryValuesMax })])

/** The values of such a parameter, each once; null: it is absent. */
export function valuesOf<Value extends string>(given: Value | readonly Value[] | undefined): readonly Value[] | null {
  return given === undefined ? null : [...new Set([given].flat() as Value[])]
}

export const FieldErrorSchema = Type.Object({ field: Type.String(), message: Type.String() })

export const ProblemSchema = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String(),
  code: Type.String({ 'x-extensible-enum': Object.keys(operatorErrorCodes) }),
  requestId: Type.String(),
  errors: Type.Optional(Type.Array(FieldErrorSchema)),
})

export const time: (ms: number) => string = iso
export const timeOrNull = (ms: number | null): string | null => (ms === null ? null : time(ms))

export const TenantSchema = Type.Object({
  id: Type.String(),
  dialect: Type.String(),
  name: Nullable(Type.String()),
  settings: { ...StringMap, description: 'The choices of its dialect, by name.' },
  createdAt: Time,
  retainSeconds: Nullable(
    Type.Integer({
      description: 'Its events and deliveries are removed after this time; null: after POSTHORN_RETENTION_DAYS.',
    }),
  ),
  retainDataSeconds: Nullable(
    Type.Integer({
      description: 'The data of its events is erased after this time; null: it stays as long as the event.',
    }),
  ),
})

export function tenantShape(tenant: Tenant): unknown {
  const { id, dialect, name, settings, createdAt, retainSeconds = null, retainDataSeconds = null } = tenant
  return { id, dialect, name, settings, createdAt: time(createdAt), retainSeconds, retainDataSeconds }
}

export const ErasureSchema = Type.Object({
  id: Type.String(),
  erases: Type.Enum(['tenant', 'endpoint', 'payload', 'response']),
  tenant: Type.String(),
  createdAt: Time,
  endedAt: Nullable({ ...Time, description: 'Null: the erasure goes on.' }),
})

export function erasureShape({ id, erases, tenant, createdAt, endedAt }: Erasure): object {
  return { id, erases, tenant, createdAt: time(createdAt), endedAt: timeOrNull(endedAt) }
}

export const EventSchema = Type.Object({
  id: Type.String(),
  tenant: Type.String(),
  type: Type.String(),
  data: Type.Unknown({ description: 'As it was posted; null: it is erased.' }),
  attributes: Nullable({ ...StringMap, description: 'The values that filters of endpoints match, by name.' }),
  occurredAt: { ...Time, description: 'The time that the caller gave; default: that of acceptance.' },
  acceptedAt: Time,
  erasesAt: Nullable({ ...Time, description: 'When its data will be erased; null: when the event is removed.' }),
  erasedAt: Nullable({ ...Time, description: 'When its data was erased; null: it is not.' }),
})

/** An event as JSON text. `data` is passed on byte for byte, or is null if it was erased. */
export function eventText(event: Event, more: Readonly<Record<string, unknown>> = {}): string {
  const { id, tenant, type, attributes, occurredAt, acceptedAt, eraseAt = null, erasedAt = null } = event
  const erased = { erasesAt: timeOrNull(eraseAt), erasedAt: timeOrNull(erasedAt) }
  const times = { occurredAt: time(occurredAt), acceptedAt: time(acceptedAt), ...erased }
  const rest = { id, tenant, type, attributes, ...times, ...more }
  return `${JSON.stringify(rest).slice(0, -1)},"data":${erasedAt === null ? event.data : 'null'}}`
}

/** One value, or several of which one must match. */
export const FilterValue = (itemsMax?: number) =>
  Type.Union([Type.String(), Type.Array(Type.String(), itemsMax === undefined ? {} : { maxItems: itemsMax })])

export const EndpointSchema = Type.Object({
  id: Type.String(),
  tenant: Type.String(),
  kind: Type.Enum(['push', 'polling']),
  url: Nullable(Type.String({ description: 'Null: the endpoint is polled.' })),
  eventTypes: Type.Array(Type.String(), {
    description: 'Names, beginnings such as `order.*`, or `*` for every type.',
  }),
  filters: Type.Record(Type.String(), FilterValue(), {
    description: 'The values that the attributes of an event must have, by name.',
  }),
  details: Type.Record(Type.String(), Type.Unknown(), { description: 'Fields that only the product knows, by name.' }),
  description: Nullable(Type.String()),
  enabled: Type.Boolean(),
  disabledReason: Nullable(
    Type.Enum(['requested', 'failing', 'gone'], {
      description:
        'requested: by a caller. failing: every delivery failed for too long. gone: the receiver answered 410 Gone.',
    }),
  ),
  headers: Type.Record(Type.String(), Nullable(Type.String()), {
    description: 'The value of a header is null where it is not shown.',
  }),
  writeOnlyHeaders: Type.Array(Type.String(), { description: 'Names of headers whose values are never shown.' }),
  secrets: Type.Array(
    Type.Object({
      value: Nullable(Type.String({ description: 'Null where it is not shown.' })),
      createdAt: Time,
      expiresAt: Nullable({ ...Time, description: 'It does not sign from this time on; null: it has no end.' }),
    }),
    { description: 'Newest first.' },
  ),
  health: Type.Object({
    status: Type.Enum(['healthy', 'failing', 'disabled']),
    reason: Nullable(Type.String()),
    since: Nullable({ ...Time, description: 'When the status began; null: not known, or healthy.' }),
  }),
  attempts: Type.Integer({ description: 'Attempts of all its deliveries so far.' }),
  lastAttemptAt: Nullable(Time),
  lastAttemptSucceeded: Nullable(Type.Boolean()),
  createdAt: Time,
  updatedAt: Time,
})

const disabledReasons = {
  requested: 'disabled on request',
  failing: 'disabled because every delivery failed for too long',
  gone: 'disabled because it answered 410 Gone',
} as const

const damaged = {
  status: 'failing',
  reason: 'a part of it was damaged or changed in the database: nothing is sent to it',
  since: null,
} as const

/** @param withSecrets whether signing secrets and header values are shown */
export function endpointShape(
  endpoint: Endpoint,
  dialect: Dialect,
  status: EndpointStatus,
  withSecrets: boolean,
): object {
  const { id, tenant, url, eventTypes, filters, details, description, enabled, disabledReason } = endpoint
  const report = endpoint.unreadable ? damaged : dialect.healthReport(status.health)
  return {
    id,
    tenant,
    kind: kindOf(endpoint),
    url: isPolling(endpoint) ? null : url,
    eventTypes,
    filters,
    details,
    description,
    enabled,
    disabledReason,
    headers: shownHeaders(endpoint, withSecrets),
    writeOnlyHeaders: endpoint.writeOnlyHeaders,
    secrets: endpoint.secrets.map(({ value, createdAt, expiresAt }) => ({
      value: withSecrets ? value : null,
      createdAt: time(createdAt),
      expiresAt: timeOrNull(expiresAt),
    })),
    health: enabled
      ? { ...report, since: timeOrNull(report.since) }
      : {
          status: 'disabled',
          reason: disabledReason === null ? null : disabledReasons[disabledReason],
          since: time(endpoint.updatedAt),
        },
    attempts: status.attempts,
    lastAttemptAt: timeOrNull(status.lastAttemptAt),
    lastAttemptSucceeded: status.lastAttemptSucceeded,
    createdAt: time(endpoint.createdAt),
    updatedAt: time(endpoint.updatedAt),
  }
}

function shownHeaders({ headers, writeOnlyHeaders }: Endpoint, withSecrets: boolean): Record<string, string | null> {
  const shown = Object.entries(headers).map(([name, value]) => {
    return [name, withSecrets && !writeOnlyHeaders.includes(name) ? value : null] as const
  })
  return Object.fromEntries(shown)
}

export const outcomeKinds = [
  'delivered',
  'rejected',
  'timedOut',
  'unreachable',
  'blocked',
] as const satisfies readonly Outcome['kind'][]

const OutcomeKind = Type.Enum(outcomeKinds, {
  description:
    'rejected: the status is no success. timedOut: no whole response in time. unreachable: no connection. ' +
    'blocked: the address is not allowed, so that nothing was sent.',
})
const HttpStatus = Nullable(Type.Integer({ description: 'The HTTP status of the response; null: there was none.' }))

export const DeliverySchema = Type.Object({
  id: Type.String(),
  tenant: Type.String(),
  endpoint: Type.String(),
  endpointUrl: Nullable(Type.String({ description: 'The URL of the endpoint as it is now; null: it is polled.' })),
  event: Type.String(),
  eventType: Type.String(),
  status: Type.Enum(['pending', 'delivered', 'failed', 'cancelled']),
  reason: Nullable(Type.String({ description: 'Why it failed or was cancelled, in words.' })),
  attempts: Type.Integer({ description: 'Attempts so far.' }),
  attemptsBefore: Type.Integer({ description: 'Attempts before its schedule was last restarted.' }),
  nextAttemptAt: Nullable({ ...Time, description: 'Null: the delivery has ended.' }),
  createdAt: Time,
  endedAt: Nullable({ ...Time, description: 'Null: the delivery is pending.' }),
  dialect: Type.String(),
  lastAttempt: Nullable(
    Type.Object({
      startedAt: Time,
      durationMs: Type.Integer(),
      outcome: OutcomeKind,
      status: HttpStatus,
    }),
  ),
})

export function deliveryShape(row: DeliveryRow, { kind }: Pick<Principal, 'kind'>): object {
  return {
    id: row.id,
    tenant: row.tenant,
    endpoint: row.endpointId,
    endpointUrl: isPolling({ url: row.endpointUrl }) ? null : row.endpointUrl,
    event: row.eventId,
    eventType: row.eventType,
    status: row.status,
    reason: row.reason,
    attempts: row.attempts,
    attemptsBefore: row.attemptsBefore,
    nextAttemptAt: row.status === 'pending' ? timeOrNull(row.dueAt) : null,
    createdAt: time(row.createdAt),
    endedAt: timeOrNull(row.endedAt),
    dialect: row.dialect,
    lastAttempt: row.lastAttempt && lastAttemptShape(row.lastAttempt, kind),
  }
}

function lastAttemptShape(
  { startedAt, durationMs, outcome }: NonNullable<DeliveryRow['lastAttempt']>,
  caller: Principal['kind'],
): object {
  const shown = caller === 'customer' ? shownToCustomers(outcome) : outcome
  return {
    startedAt: time(startedAt),
    durationMs,
    outcome: shown.kind,
    status: 'status' in shown ? shown.status : null,
  }
}

const PhaseMs = Nullable(Type.Integer())

export const AttemptSchema = Type.Object({
  number: Type.Integer({ description: 'Counts from 1.' }),
  startedAt: Time,
  durationMs: Type.Integer(),
  phases: Nullable(
    Type.Object(
      { nameMs: PhaseMs, connectMs: PhaseMs, tlsMs: PhaseMs, waitMs: PhaseMs, bodyMs: PhaseMs },
      {
        description:
          'The parts of the attempt. Null: it had no such part, because it used an open connection or ended before.',
      },
    ),
  ),
  connections: Type.Integer({
    description:
      'Connections that carried the request. 2: the receiver closed a kept one before the first byte of a response. 0: a consumer fetched the delivery.',
  }),
  outcome: OutcomeKind,
  status: HttpStatus,
  detail: Type.String({ description: 'The outcome in words.' }),
  response: Nullable(
    Type.String({ description: 'The beginning of the body of the response; null: there was none, or it is erased.' }),
  ),
  responseErasedAt: Nullable(Time),
})

/** Customers do not see why the egress guard refused an attempt. */
export function attemptShape(attempt: Attempt, principal: Principal): unknown {
  const { number, startedAt, durationMs, phases = null, connections = 1, response, erasedAt = null } = attempt
  const outcome = principal.kind === 'customer' ? shownToCustomers(attempt.outcome) : attempt.outcome
  const status = 'status' in outcome ? outcome.status : null
  const detail = describeOutcome(outcome)
  // The time of a lookup would tell customers whether an internal name exists.
  const isHidden = principal.kind === 'customer' && phases !== null && phases.waitMs === null
  const times = { startedAt: time(startedAt), durationMs, phases: isHidden ? null : phases }
  const responseErasedAt = timeOrNull(erasedAt)
  return { number, ...times, connections, outcome: outcome.kind, status, detail, response, responseErasedAt }
}
