// Ultravox's deliveries: events, body, signature, retries. Sources: README.md in this folder.

import type { Event } from '../../domain/event.ts'
import { type RandomBytes, randomText, timeOrderedText, uuidV4 } from '../../domain/ids.ts'
import { limits } from '../../domain/limits.ts'
import { second } from '../../domain/time.ts'
import { retryBySchedule, type RetrySchedule } from '../../domain/retry.ts'
import { hmacHex, textKey } from '../../signing/hmac-hex.ts'
import { memberText } from '../../http/raw-json.ts'
import type { Dialect, EventType } from '../../contracts/dialect.ts'
import { health, healthReport } from './health.ts'
import { sampleCall } from './sample-call.ts'
import { isoTimeWithOffset } from './time.ts'

export const events: readonly EventType[] = [
  { name: 'call.started', description: 'A call was created' },
  { name: 'call.joined', description: 'A client connected to a call' },
  { name: 'call.ended', description: 'A call ended, or nobody joined it in time' },
  { name: 'call.billed', description: "A call's billing is final" },
]

/**
 * Ten retries over 8 h 31 min 30 s; each wait is twice the one before. The vendor gives approximate times, so waits may
 * have jitter.
 */
const retries: RetrySchedule = {
  waitsMs: Array.from({ length: 10 }, (_, index) => 30 * second * 2 ** index),
  exact: false,
}

export const urlCharsMax = 200
export const secretCharsMax = 120

export const ultravox: Dialect = {
  name: 'ultravox',
  title: 'Ultravox',

  tenantIdPattern: /^[A-Za-z0-9._-]{1,64}$/,
  newTenantId: (random) => `account-${randomText(random, 12)}`,

  newApiKey: (random) => `${randomText(random, 8)}.${randomText(random, 32)}`,
  tenantsPerKeyMax: 1,
  scopes: [],
  roles: [],
  quotas: [
    { per: 'tenant', counts: 'all', requests: 500, windowSeconds: 1 },
    { per: 'key', counts: 'all', requests: 200, windowSeconds: 1 },
  ],
  tenantSettings: {},

  newEndpointId: (_key, random) => uuidV4(random),
  // Only the operator sees event ids: the vendor's deliveries have none.
  newEventId: (nowMs, random) => `evt_${timeOrderedText(nowMs, random, 20)}`,

  eventTypes: events,
  openCatalogue: false,
  testEvent: (endpoint) => {
    const type = endpoint.eventTypes[0] ?? 'call.started'
    return { type, data: sampleCall(endpoint, type) }
  },

  endpointRules: {
    schemes: ['https:', 'http:'],
    urlCharsMax,
    descriptionCharsMax: limits.descriptionCharsMax,
    wildcards: 'none',
    eventTypesAsWritten: true,
    filters: ['agentId'],
    customHeaders: false,
    storedFilter: lowerCase,
    newSecret,
    secretFault,
  },

  installationSecret: null,
  keepExchange: false,
  timeoutMs: 10 * second,
  retries,

  encode: ({ event }) => `{"event":${JSON.stringify(event.type)},"call":${event.data}}`,
  signingKey: textKey,
  headers: (_message, body, keys, sentAtMs) => {
    const timestamp = isoTimeWithOffset(sentAtMs)
    return {
      'content-type': 'application/json',
      'user-agent': 'Webhooks/1.0',
      'x-ultravox-webhook-timestamp': timestamp,
      // No space after the comma: the vendor's sample receivers split and do not trim.
      ...(keys.length > 0 && {
        'x-ultravox-webhook-signature': keys.map((key) => hmacHex(key, body, timestamp)).join(','),
      }),
    }
  },

  matchedAttributes,

  verdict: (outcome, attempt) =>
    outcome.kind === 'delivered' ? { kind: 'succeeded' } : retryBySchedule(retries, attempt),

  health,
  healthReport,
}

export function newSecret(random: RandomBytes): string {
  return randomText(random, 40)
}

/** The agent of an event: its attribute or, without the attribute, the `agentId` of the call. */
function matchedAttributes({ attributes, data }: Event): Readonly<Record<string, string>> {
  const posted = attributes?.['agentId']
  const agentId: unknown = posted ?? JSON.parse(memberText(data, 'agentId') ?? 'null')
  return typeof agentId === 'string' ? { agentId: lowerCase(agentId) } : {}
}

/** The form in which UUIDs are stored and compared: capitals do not make another UUID. */
function lowerCase(uuid: string): string {
  return uuid.toLowerCase()
}

function secretFault(secret: string): string | null {
  if (secret === '') return 'may not be blank'
  // The vendor counts code points.
  if (Array.from(secret).length > secretCharsMax) return `must have at most ${secretCharsMax} characters`
  // All lone surrogates become the same UTF-8 bytes, so two secrets that differ only in one would sign the same.
  return secret.isWellFormed() ? null : 'must be well-formed Unicode text'
}
