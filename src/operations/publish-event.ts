// Publishing events: an event is checked, gets its id and times, and is passed to the engine (engine/accept.ts). The
// call resolves once the event is durable.

import type { Event } from '../domain/event.ts'
import type { EventId, TenantId } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import { systemTenant } from '../domain/operational-events.ts'
import { type FieldError, failure, type Problem, type Result, success } from '../domain/problem.ts'
import type { Tenant } from '../domain/tenant.ts'
import type { Dialect } from '../contracts/dialect.ts'
import type { CachedTenant } from '../engine/tenant-cache.ts'
import type { Accepted, Draft } from '../engine/accept.ts'
import { type Context, dialectOf } from './context.ts'

/** How many event types the refusal of an unknown one names. */
const namesShownMax = 12

export interface EventInput {
  readonly tenant: string
  readonly type: string
  /** JSON text of an object, byte for byte as it was posted. */
  readonly data: string
  readonly id?: string
  readonly attributes?: Readonly<Record<string, string>>
  readonly occurredAt?: string
  /** Seconds after which its data is erased; default: as its tenant says. */
  readonly retainSeconds?: number
  /** The header of its producer, which the trace of the event continues. */
  readonly traceparent?: string | undefined
}

export interface PublishedEvent {
  readonly event: Event
  /** How many deliveries the event has. */
  readonly deliveries: number
  /** An event with this id and the same content was posted before. Nothing is delivered again. */
  readonly duplicate: boolean
}

/** Publishes one event. @throws Unavailable: the event was not stored, unless `outcomeUnknown` */
export async function publishEvent(context: Context, input: EventInput): Promise<Result<PublishedEvent>> {
  const tenant = input.tenant as TenantId
  const cached = context.tenantCache.peek(tenant) ?? (await context.tenantCache.load(tenant))
  const draft = draftOf(context, input, cached)
  if (!draft.ok) return draft
  const [accepted] = await context.engine.accept([draft.value])
  return published(draft.value.event, accepted as Accepted)
}

/**
 * Publishes many events. There is one result per event, in order. The result of an invalid event is a problem; the valid
 * events are stored.
 *
 * @throws Unavailable: no event was stored, unless `outcomeUnknown`
 */
export async function publishEvents(
  context: Context,
  inputs: readonly Result<EventInput>[],
): Promise<readonly Result<PublishedEvent>[]> {
  const drafts = await Promise.all(
    inputs.map(async (input) => {
      if (!input.ok) return input
      const tenant = input.value.tenant as TenantId
      return draftOf(context, input.value, context.tenantCache.peek(tenant) ?? (await context.tenantCache.load(tenant)))
    }),
  )
  const valid = drafts.flatMap((draft) => (draft.ok ? [draft.value] : []))
  const accepted = valid.length === 0 ? [] : await context.engine.accept(valid)
  let next = 0
  return drafts.map((draft) => (draft.ok ? published(draft.value.event, accepted[next++] as Accepted) : draft))
}

/** An event that can be accepted. @param tenant null: there is no such tenant */
export function draftOf(context: Context, input: EventInput, tenant: CachedTenant | null): Result<Draft> {
  if (tenant === null) return failure(fault('tenant', 'choice', `is not known: ${input.tenant}`))
  if (tenant.tenant.id === systemTenant) {
    return failure(fault('tenant', 'choice', 'is the system tenant, whose events are made by Posthorn alone'))
  }
  const dialect = dialectOf(context, tenant.tenant)
  const typeFault = eventTypeFault(dialect, 'type', input.type)
  if (typeFault !== null) return failure(typeFault)
  const acceptedAt = context.clock.now()
  const occurredAt = input.occurredAt === undefined ? acceptedAt : Date.parse(input.occurredAt)
  if (Number.isNaN(occurredAt)) return failure(fault('occurredAt', 'format', 'must be an ISO 8601 time'))
  const event: Event = {
    id: (input.id ?? dialect.newEventId(acceptedAt, context.randomBytes)) as EventId,
    tenant: tenant.tenant.id,
    type: input.type,
    data: input.data,
    attributes: input.attributes ?? null,
    occurredAt,
    acceptedAt,
    ...eraseAtOf(tenant.tenant, acceptedAt, input.retainSeconds),
  }
  return success({ event, tenant, traceparent: input.traceparent })
}

/** The fault of an event type; null: events of the type are accepted. */
export function eventTypeFault(
  { name, openCatalogue, eventTypes }: Dialect,
  field: string,
  wanted: string,
): Problem | null {
  if (!openCatalogue && !eventTypes.some((type) => type.name === wanted)) {
    return fault(field, 'choice', `is not in the event catalogue of ${name}, which has ${namesOf(eventTypes)}`)
  }
  return wanted === wanted.trim() ? null : fault(field, 'format', 'must not begin or end with a blank')
}

/** The names of a catalogue, for an error. Those of a large one are not all shown. */
function namesOf(types: Dialect['eventTypes']): string {
  const names = types.slice(0, namesShownMax).map(({ name }) => name)
  const left = types.length - names.length
  return `${names.join(', ')}${left > 0 ? ` and ${left} more` : ''}`
}

/** The time at which the data of an event of the tenant is erased: the earlier one if the event names one too. */
export function eraseAtOf(
  { retainDataSeconds = Infinity }: Tenant,
  acceptedAt: number,
  retainSeconds = Infinity,
): Pick<Event, 'eraseAt'> {
  const seconds = Math.min(retainDataSeconds, retainSeconds)
  return seconds === Infinity ? {} : { eraseAt: acceptedAt + 1000 * seconds }
}

function published(event: Event, accepted: Accepted): Result<PublishedEvent> {
  switch (accepted.kind) {
    case 'stored':
    case 'duplicate':
      return success({ event, deliveries: accepted.count, duplicate: accepted.kind === 'duplicate' })
    case 'conflict': {
      const detail = `event ${event.id} was posted before with other content`
      return failure({ kind: 'conflict', code: 'event_id_reused', detail })
    }
    case 'absent':
      return failure(fault('tenant', 'choice', `is not known: ${event.tenant}`))
    case 'unsettled':
      return failure({ kind: 'unavailable', retryAfterSeconds: limits.unavailableRetrySeconds })
    case 'unknown':
      return failure({
        kind: 'unavailable',
        retryAfterSeconds: limits.unavailableRetrySeconds,
        outcomeUnknown: true,
      })
  }
}

function fault(field: string, rule: FieldError['rule'], message: string): Problem {
  return { kind: 'invalid', where: 'body', fields: [{ field, rule, message }] }
}

/** The form of event ids that the operator chooses. A full stop is not allowed, because some signatures forbid it. */
export const eventIdPattern = `^[A-Za-z0-9_-]{1,${limits.eventIdCharsMax}}$`
