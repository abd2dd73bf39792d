// Posthorn's own dialect: the Standard Webhooks specification, and what a product without a history would choose.

import { randomText, timeOrderedText } from '../../domain/ids.ts'
import { limits } from '../../domain/limits.ts'
import { retryBySchedule, type RetrySchedule } from '../../domain/retry.ts'
import {
  newStandardSecret,
  standardKey,
  standardSecretFault,
  standardSignature,
} from '../../signing/standard-webhooks.ts'
import type { Dialect, HealthChange, HealthFact, HealthReport } from '../dialect.ts'

const second = 1000
const minute = 60 * second
const hour = 60 * minute

/** Ten attempts over 75 hours. */
const retries: RetrySchedule = {
  waitsMs: [5 * second, 5 * minute, 30 * minute, 2 * hour, 5 * hour, 10 * hour, 14 * hour, 20 * hour, 24 * hour],
  exact: false,
}

const disableAfterMs = 5 * 24 * hour

export const standard: Dialect = {
  name: 'standard',
  title: 'Standard Webhooks',

  tenantIdPattern: /^[A-Za-z0-9._-]{1,64}$/,
  newTenantId: (random) => `ten_${randomText(random, 20)}`,

  newApiKey: (random) => `phk_${randomText(random, 40)}`,
  tenantsPerKeyMax: limits.keyTenantsMax,
  scopes: [],
  roles: [],
  quotas: [],
  tenantSettings: {},

  newEndpointId: (_key, random) => `ep_${randomText(random, 20)}`,
  newEventId: (nowMs, random) => `msg_${timeOrderedText(nowMs, random, 24)}`,

  eventTypes: [],
  openCatalogue: true,
  testEvent: () => ({ type: 'webhook.test', data: '{"test":true}' }),

  endpointRules: {
    schemes: ['https:'],
    urlCharsMax: limits.urlCharsMax,
    descriptionCharsMax: limits.descriptionCharsMax,
    wildcards: 'prefix',
    filters: 'any',
    customHeaders: true,
    newSecret: newStandardSecret,
    secretFault: standardSecretFault,
  },

  installationSecret: null,
  keepExchange: false,
  timeoutMs: 20 * second,
  retries,
  encode: ({ event }) =>
    `{"type":${JSON.stringify(event.type)},"timestamp":"${new Date(event.occurredAt).toISOString()}","data":${event.data}}`,
  signingKey: standardKey,
  headers: ({ event }, body, keys, sentAtMs) => {
    const timestamp = Math.floor(sentAtMs / 1000)
    return {
      'content-type': 'application/json',
      'user-agent': 'Posthorn/1.0',
      'webhook-id': event.id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': standardSignature(keys, event.id, timestamp, body),
    }
  },
  // 410 Gone: the specification asks the sender to stop, and to disable the endpoint.
  verdict: (outcome, attempt) => {
    if (outcome.kind === 'delivered') return { kind: 'succeeded' }
    if (outcome.kind === 'rejected' && outcome.status === 410) return { kind: 'gone' }
    return retryBySchedule(retries, attempt)
  },
  health,
  healthReport,
}

interface Failures {
  readonly since: number
  readonly count: number
}

/** Five days of nothing but failures switch an endpoint off. */
function health(previous: string | null, fact: HealthFact): HealthChange {
  if (fact.succeeded) return { health: null, disable: false }
  const before = previous === null ? null : (JSON.parse(previous) as Failures)
  const failures: Failures = { since: before?.since ?? fact.at, count: (before?.count ?? 0) + 1 }
  return { health: JSON.stringify(failures), disable: fact.at - failures.since >= disableAfterMs }
}

function healthReport(state: string | null): HealthReport {
  if (state === null) return { status: 'healthy', reason: null, since: null }
  const { since, count } = JSON.parse(state) as Failures
  return { status: 'failing', reason: `${count} failed attempts and no success since`, since }
}
