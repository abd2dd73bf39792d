// DialNexa's deliveries: events, body, signature, retries, health. Sources: README.md in this folder.

import { randomText, timeOrderedText, type RandomBytes } from '../../domain/ids.ts'
import { limits } from '../../domain/limits.ts'
import { minute, second } from '../../domain/time.ts'
import { retryBySchedule, type RetrySchedule } from '../../domain/retry.ts'
import { hmacHex, textKey } from '../../signing/hmac-hex.ts'
import type { Dialect, EventType } from '../../contracts/dialect.ts'
import { streakHealth } from '../streak.ts'

export const eventTypes: readonly EventType[] = [
  { name: 'call.completed', description: 'A call ended successfully' },
  { name: 'call.failed', description: 'A call failed' },
  { name: 'call.no_answer', description: 'A call rang and nobody answered' },
  { name: 'campaign.completed', description: 'All leads of a campaign were called' },
  { name: 'campaign.paused', description: 'A campaign was paused' },
  { name: 'workflow.lead.completed', description: 'A lead went through a workflow' },
]

/** Four attempts over 21 min. The vendor promises no times, so waits may have jitter. */
const retries: RetrySchedule = { waitsMs: [minute, 5 * minute, 15 * minute], exact: false }

export const scopes = { read: 'webhooks.read', manage: 'webhooks.manage' } as const

/** The maximum length of a secret that a customer chooses, in UTF-16 units. */
export const secretCharsMax = 256

const lowercase = '0123456789abcdefghijklmnopqrstuvwxyz'
const letters = (random: RandomBytes, length: number): string => randomText(random, length, lowercase)

export const dialnexa: Dialect = {
  name: 'dialnexa',
  title: 'DialNexa',

  tenantIdPattern: /^[A-Za-z0-9._-]{1,64}$/,
  newTenantId: (random) => `ws_${letters(random, 12)}`,

  newApiKey: (random) => `${letters(random, 14)}:${letters(random, 32)}`,
  tenantsPerKeyMax: 1,
  scopes: [scopes.read, scopes.manage],
  roles: [],
  quotas: [{ per: 'key', counts: 'all', requests: 150, windowSeconds: 60 }],
  tenantSettings: {},

  newEndpointId: (_key, random) => `whk_${letters(random, 12)}`,
  newEventId: (nowMs, random) => `evt_${timeOrderedText(nowMs, random, 20)}`,

  eventTypes,
  openCatalogue: true,
  testEvent: (endpoint) => ({ type: endpoint.eventTypes[0] ?? 'call.completed', data: '{"test":true}' }),

  endpointRules: {
    schemes: ['https:'],
    urlCharsMax: limits.urlCharsMax,
    descriptionCharsMax: limits.descriptionCharsMax,
    wildcards: 'none',
    filters: [],
    customHeaders: false,
    newSecret: (random) => `whsec_${randomText(random, 32)}`,
    secretFault,
  },

  installationSecret: null,
  keepExchange: false,
  timeoutMs: 5 * second,
  retries,

  encode: ({ event }) => `{"event_type":${JSON.stringify(event.type)},"payload":${event.data}}`,
  signingKey: textKey,
  // Only the newest secret signs: the header holds one signature.
  headers: (_message, body, [key]) => ({
    'content-type': 'application/json',
    'user-agent': 'DialNexa-External-Webhook/1.0',
    ...(key !== undefined && { 'x-dialnexa-signature': `sha256=${hmacHex(key, body)}` }),
  }),

  verdict: (outcome, attempt) =>
    outcome.kind === 'delivered' ? { kind: 'succeeded' } : retryBySchedule(retries, attempt),

  // The vendor never disables an endpoint for failures. The health report is for the operator only.
  ...streakHealth(),
}

function secretFault(secret: string): string | null {
  if (secret === '') return 'should not be empty'
  if (secret.length > secretCharsMax) return `must be shorter than or equal to ${secretCharsMax} characters`
  // All lone surrogates become the same UTF-8 bytes, so two secrets that differ only in one would sign the same.
  return secret.isWellFormed() ? null : 'must be well-formed Unicode text'
}
