// Allo's deliveries: topics, body, signature, retries, health. Sources: README.md in this folder.

import { randomText, timeOrderedText, type RandomBytes } from '../../domain/ids.ts'
import { limits } from '../../domain/limits.ts'
import { day, hour, minute, second } from '../../domain/time.ts'
import { retryBySchedule, type RetrySchedule } from '../../domain/retry.ts'
import {
  newStandardSecret,
  standardKey,
  standardSecretFault,
  standardHeaders,
} from '../../signing/standard-webhooks.ts'
import type { Dialect, EventType, HealthReport } from '../../contracts/dialect.ts'
import type { HealthChange, HealthFact } from '../../contracts/delivery-dialect.ts'

export const topics: readonly EventType[] = [
  { name: 'call.received', description: 'Inbound call received' },
  { name: 'call.triggered', description: 'Outbound call triggered' },
  { name: 'call.answered', description: 'Call answered' },
  { name: 'call.completed', description: 'Call completed' },
  { name: 'tag.added', description: 'Tag added to a call' },
  { name: 'tag.removed', description: 'Tag removed from a call' },
  { name: 'sms.received', description: 'Inbound sms received' },
  { name: 'sms.sent', description: 'Outbound sms sent' },
  { name: 'contact.created', description: 'Contact created' },
  { name: 'contact.updated', description: 'Contact updated' },
  { name: 'summary.updated', description: 'Call summary updated' },
]

/** Eight attempts over 27 h 35 min. The vendor gives approximate times, so waits may have jitter. */
const retries: RetrySchedule = {
  waitsMs: [5 * second, 5 * minute, 30 * minute, 2 * hour, 5 * hour, 10 * hour, 10 * hour],
  exact: false,
}

/** The scope that every operation on webhooks needs. */
export const scope = 'WEBHOOKS_READ_WRITE'

/** The scopes of the whole product. */
const scopes: readonly string[] = `CONVERSATIONS_READ CONTACTS_READ CONTACTS_READ_WRITE SMS_SEND ${scope}
  PHONE_NUMBERS_READ USERS_READ TAGS_READ TAGS_WRITE BILLING DIALING_QUEUE_READ_WRITE PARTNER`.split(/\s+/)

const letters = (random: RandomBytes): string => randomText(random, 20)

export const allo: Dialect = {
  name: 'allo',
  title: 'Allo',

  tenantIdPattern: /^[A-Za-z0-9._-]{1,64}$/,
  newTenantId: (random) => `team-${randomText(random, 12)}`,

  newApiKey: (random) => `ak_live_${randomText(random, 40)}`,
  tenantsPerKeyMax: 1,
  scopes,
  defaultScopes: [scope],
  roles: [],
  quotas: [
    { per: 'key', counts: 'reads', requests: 20, windowSeconds: 1 },
    { per: 'key', counts: 'writes', requests: 5, windowSeconds: 1 },
  ],
  tenantSettings: {},

  newEndpointId: (_key, random) => `ep_${letters(random)}`,
  newEventId: (nowMs, random) => `msg_${timeOrderedText(nowMs, random, 20)}`,

  eventTypes: topics,
  openCatalogue: false,
  testEvent: (endpoint) => ({
    type: topics.some((topic) => topic.name === endpoint.eventTypes[0])
      ? (endpoint.eventTypes[0] as string)
      : 'call.received',
    data: JSON.stringify({ test: true }),
  }),

  endpointRules: {
    schemes: ['https:'],
    urlCharsMax: limits.urlCharsMax,
    descriptionCharsMax: limits.descriptionCharsMax,
    wildcards: 'none',
    filters: [],
    customHeaders: false,
    deletesHistory: true,
    newSecret: newStandardSecret,
    secretFault: standardSecretFault,
  },

  installationSecret: null,
  keepExchange: false,
  timeoutMs: 20 * second,
  retries,

  // The timestamp is the event's time, not the time of sending: the body must be the same on every attempt.
  encode: ({ event }) =>
    `{"topic":${JSON.stringify(event.type)},"version":"2.0","timestamp":"${new Date(event.occurredAt).toISOString()}","data":${event.data}}`,
  signingKey: standardKey,
  headers: ({ event }, body, keys, sentAtMs) => ({
    'content-type': 'application/json',
    'user-agent': 'Allo-Webhooks/2.0',
    ...standardHeaders(keys, event.id, sentAtMs, body),
  }),

  verdict: (outcome, attempt) =>
    outcome.kind === 'delivered' ? { kind: 'succeeded' } : retryBySchedule(retries, attempt),

  health,
  healthReport,
}

/** The stored health: the failures since the last success. Times are in ms. */
interface Failures {
  readonly since: number
  /**
   * For each hour of the last 24 h: its first failure, and its first failure of another delivery. The rule needs no
   * more, to the hour, however many deliveries fail. Empty once `armedAt` is set.
   */
  readonly recent: readonly (readonly [at: number, delivery: string])[]
  /** The start of the five days; null: they have not started. */
  readonly armedAt: number | null
}

/** Failures of several deliveries, this far apart or more and within a day, start the five days. */
const armingSpanMs = 12 * hour
const armingWindowMs = day
const disableAfterMs = 5 * day

/** The vendor's circuit breaker: several deliveries fail within 24 h, and then every attempt fails for five days. */
function health(previous: string | null, fact: HealthFact): HealthChange {
  if (fact.succeeded) return { health: null, disable: false }
  const before = previous === null ? null : (JSON.parse(previous) as Failures)
  const inWindow = (before?.recent ?? []).filter(([at]) => fact.at - at < armingWindowMs)
  const sameHour = inWindow.filter(([at]) => hourOf(at) === hourOf(fact.at))
  const known = sameHour.length > 1 || sameHour[0]?.[1] === fact.delivery
  const recent = known ? inWindow : [...inWindow, [fact.at, fact.delivery] as const]
  const [oldest] = recent
  const arms =
    oldest !== undefined && fact.at - oldest[0] >= armingSpanMs && recent.some(([, id]) => id !== fact.delivery)
  const armedAt = before?.armedAt ?? (arms ? fact.at : null)
  const failures: Failures = { since: before?.since ?? fact.at, recent: armedAt === null ? recent : [], armedAt }
  return { health: JSON.stringify(failures), disable: armedAt !== null && fact.at - armedAt >= disableAfterMs }
}

const hourOf = (at: number): number => Math.floor(at / hour)

function healthReport(state: string | null): HealthReport {
  if (state === null) return { status: 'healthy', reason: null, since: null }
  const { since, armedAt } = JSON.parse(state) as Failures
  const reason =
    armedAt === null
      ? 'the last attempt failed'
      : `nothing but failures; disabled after five days of them, counted from ${new Date(armedAt).toISOString()}`
  return { status: 'failing', reason, since }
}
