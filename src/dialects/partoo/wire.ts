// Partoo's deliveries: event types, body, signature, retries, health. Sources of each fact: README.md beside this file.

import { randomText, timeOrderedText } from '../../domain/ids.ts'
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

/** Those that may use webhooks; the first one is what a key is made with unless the operator names another. */
export const webhookRoles: readonly string[] = ['ORG_ADMIN', 'PROVIDER', 'ORG_MANAGER']

/** Acts for several organizations, and must say for which. */
export const resellerRole = 'PROVIDER'

/** Up to five retries with growing waits; the vendor gives no times, so jitter is in order. */
const retries: RetrySchedule = {
  waitsMs: [minute, 2 * minute, 4 * minute, 8 * minute, 16 * minute],
  exact: false,
}

/** `X-` and a name that does not begin with the vendor's. */
export const headerNamePattern = '^[Xx]-(?![Pp][Aa][Rr][Tt][Oo][Oo])[^ ()<>@,;:\\\\"/\\[\\]?={}]*$'
export const headerNameFault = 'must begin with X-, must not begin with X-Partoo, and must be a header name'
const headerNames = new RegExp(headerNamePattern)

export const partoo: Dialect = {
  name: 'partoo',
  title: 'Partoo',

  // At most 15 digits, so that every id is exact as a number of JSON.
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
  // The vendor shows no health and switches nothing off; this is for the operator to see.
  ...streakHealth(),
}

/** 5xx and no answer at all are worth another try; any other answer is the receiver's last word. */
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
