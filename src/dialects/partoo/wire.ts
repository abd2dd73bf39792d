// Partoo's deliveries: event types, body, signature, retries, health. Sources: README.md in this folder.

import { randomText, timeOrderedText } from '../../domain/ids.ts'
import { unsendableFault } from '../../domain/header-rules.ts'
import { limits } from '../../domain/limits.ts'
import { minute, second } from '../../domain/time.ts'
import { retryBySchedule, type RetrySchedule, type Verdict } from '../../domain/retry.ts'
import type { Outcome } from '../../domain/attempt.ts'
import { ed25519Key, ed25519PublicKey, ed25519Signature, newEd25519Secret } from '../../signing/ed25519.ts'
import type { Dialect, EventType } from '../../contracts/dialect.ts'
import { streakHealth } from '../streak.ts'
import { sampleData } from './samples.ts'

export const eventTypes: readonly EventType[] = [
  { name: 'business_created', description: 'A business was created' },
  { name: 'business_updated', description: 'A business was changed' },
  { name: 'business_deleted', description: 'A business was deleted' },
  { name: 'message_updated', description: 'A message of a conversation was changed, its status for one' },
  { name: 'message_created', description: 'A message was added to a conversation' },
  { name: 'lead_received', description: 'A visitor left contact details' },
]

/** The roles that may use webhooks. The first one is the default role of a new key. */
export const webhookRoles: readonly string[] = ['ORG_ADMIN', 'PROVIDER', 'ORG_MANAGER']

/** The role that acts for several organizations. Each of its requests must name one. */
export const resellerRole = 'PROVIDER'

/** Up to five retries with growing waits. The vendor gives no times, so waits may have jitter. */
const retries: RetrySchedule = {
  waitsMs: [minute, 2 * minute, 4 * minute, 8 * minute, 16 * minute],
  exact: false,
}

/** Header names that begin with `X-`, but not with `X-Partoo`. HTTP has no letters beyond ASCII in them. */
export const headerNamePattern = "^[Xx]-(?![Pp][Aa][Rr][Tt][Oo][Oo])[!#$%&'*+.^_`|~0-9A-Za-z-]*$"
const headerValueFault = 'must not have control characters'
export const headerNameFault = 'must begin with X-, must not begin with X-Partoo, and must be a header name'
const headerNames = new RegExp(headerNamePattern)
/** Any text without control characters other than tabs. */
export const headerValuePattern = '^[^\\x00-\\x08\\x0a-\\x1f\\x7f-\\x9f]*$'

/** The fault of a header whose name or value breaks its pattern. */
export function headerFault(name: string): string {
  return headerNames.test(name) ? headerValueFault : headerNameFault
}

export const partoo: Dialect = {
  name: 'partoo',
  title: 'Partoo',

  // At most 15 digits, so that a JSON number holds every id exactly.
  tenantIdPattern: /^[1-9]\d{0,14}$/,
  newTenantId: (random) => randomText(random, 1, '123456789') + randomText(random, 8, '0123456789'),

  newApiKey: (random) => randomText(random, 40),
  tenantsPerKeyMax: limits.keyTenantsMax,
  scopes: [],
  roles: [...webhookRoles, 'GROUP_MANAGER', 'BUSINESS_MANAGER', 'PUBLISHER'],
  quotas: [{ per: 'tenant', counts: 'all', requests: 300, windowSeconds: 60 }],
  tenantSettings: {},

  newEndpointId: (key) => String(key),
  newEventId: (nowMs, random) => `evt_${timeOrderedText(nowMs, random, 20)}`,

  eventTypes,
  openCatalogue: false,
  testEvent: ({ eventTypes: [type = 'business_created'] }) => ({ type, data: sampleData(type) }),

  endpointRules: {
    schemes: ['https:'],
    urlCharsMax: limits.urlCharsMax,
    descriptionCharsMax: limits.descriptionCharsMax,
    wildcards: 'none',
    filters: [],
    eventTypesMax: 1,
    customHeaders: true,
    headerNameFault: (name) => (headerNames.test(name) ? null : headerNameFault),
    headerValueFault: unsendableFault,
    newSecret: null,
    uniqueKey: ({ eventTypes: [type] }) => type ?? null,
    secretFault: () => 'Partoo signs with a key of the installation',
  },

  installationSecret: { generate: newEd25519Secret, publicKey: ed25519PublicKey },
  keepExchange: false,
  timeoutMs: 10 * second,
  retries,

  encode: ({ event }) => `{"type":${JSON.stringify(event.type)},"payload":${event.data}}`,
  signingKey: ed25519Key,
  headers: ({ trial }, body, [key]) => {
    if (key === undefined) throw new Error('the key pair of the installation is missing')
    return {
      'content-type': 'application/json',
      'user-agent': 'Partoo-Webhooks/1.0',
      'x-partoo-signature-v1': ed25519Signature(key, body),
      ...(trial === true && { 'x-partoo-webhook-tryout': 'true' }),
    }
  },
  verdict,
  // The vendor shows no health and never disables an endpoint. The health report is for the operator only.
  ...streakHealth(),
}

/** A 5xx answer and a missing answer are retried. Any other failure ends the delivery. */
function verdict(outcome: Outcome, attempt: number): Verdict {
  switch (outcome.kind) {
    case 'delivered':
      return { kind: 'succeeded' }
    case 'rejected':
      return outcome.status >= 500 ? retryBySchedule(retries, attempt) : { kind: 'notRetried' }
    case 'timedOut':
    case 'unreachable':
    case 'blocked':
      return retryBySchedule(retries, attempt)
  }
}
