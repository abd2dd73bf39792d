// Storno.ro's deliveries: events, body, headers, signature, retries. Sources: README.md in this folder.

import type { Event } from '../../domain/event.ts'
import { uuidV4, uuidV7, type RandomBytes } from '../../domain/ids.ts'
import { limits } from '../../domain/limits.ts'
import { isoSeconds, minute, second } from '../../domain/time.ts'
import type { Tenant } from '../../domain/tenant.ts'
import { retryBySchedule, type RetrySchedule } from '../../domain/retry.ts'
import { hmacHex, textKey } from '../../signing/hmac-hex.ts'
import type { Dialect } from '../../contracts/dialect.ts'
import type { Message } from '../../contracts/delivery-dialect.ts'
import { streakHealth } from '../streak.ts'
import { attemptUuid } from './attempt-ids.ts'
import { eventTypesOfA, eventTypesOfB } from './event-types.ts'

export const scopes = { view: 'webhook.view', manage: 'webhook.manage' } as const

/** UUIDs in their stored form, in lower case. Customers may write capitals. */
export const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** The operator's choices for a company. The first choice of each is the one that the reference pages describe. */
const tenantSettings = {
  /** The body and headers of the reference pages (A), or of the concepts page (B). */
  family: ['A', 'B'],
  /** `none`: the company's plan has no webhooks. */
  plan: ['enabled', 'none'],
} as const

/** Three attempts in six minutes. The vendor's table gives exact times. */
const retries: RetrySchedule = { waitsMs: [minute, 5 * minute], exact: true }

const secretPrefix = 'whsec_'

export const storno: Dialect = {
  name: 'storno',
  title: 'Storno.ro',

  tenantIdPattern: uuidPattern,
  newTenantId: uuidV4,

  newApiKey: (random) => `af_${hex(random, 32)}`,
  tenantsPerKeyMax: limits.keyTenantsMax,
  scopes: Object.values(scopes),
  roles: [],
  // A bucket of 50,000 that refills with 500 every two minutes.
  quotas: [{ per: 'key', counts: 'all', requests: 500, windowSeconds: 120, burst: 49_500 }],
  tenantSettings,

  newEndpointId: (_key, random) => uuidV4(random),
  newEventId: uuidV7,

  eventTypes: eventTypesOfA,
  openCatalogue: false,
  ofTenant: (tenant) => (isFamilyB(tenant) ? familyB : storno),
  testEvent: ({ id }) => ({ type: testType, data: testData(id) }),

  endpointRules: {
    schemes: ['https:'],
    urlCharsMax: 2048,
    descriptionCharsMax: 255,
    wildcards: 'all',
    filters: [],
    customHeaders: false,
    deletesHistory: true,
    newSecret: (random) => secretPrefix + hex(random, 32),
    // The prefix is optional: the vendor's server generates secrets without it.
    secretFault: (secret) => (/^(?:whsec_)?[0-9a-f]{64}$/.test(secret) ? null : 'must be whsec_ and 64 hex digits'),
  },

  installationSecret: null,
  keepExchange: true,
  timeoutMs: 10 * second,
  retries,

  encode: (message) => (isFamilyB(message.tenant) ? bodyB(message) : bodyA(message)),
  signingKey: textKey,
  // Only the newest secret signs: the header holds one signature.
  headers: (message, body, [key]) => {
    const { event, delivery, attempt = 1 } = message
    const signature = key === undefined ? null : hmacHex(key, body)
    return isFamilyB(message.tenant)
      ? {
          'content-type': 'application/json',
          'user-agent': 'Storno-Webhook/1.0',
          'x-webhook-event': event.type,
          'x-webhook-id': delivery,
          ...(signature !== null && { 'x-webhook-signature': signature }),
        }
      : {
          'content-type': 'application/json',
          'user-agent': 'Storno-Webhooks/1.0',
          'x-storno-event': event.type,
          'x-storno-delivery': attemptUuid(delivery, attempt),
          ...(signature !== null && { 'x-storno-signature': `sha256=${signature}` }),
        }
  },

  verdict: (outcome, attempt, event) => {
    if (outcome.kind === 'delivered') return { kind: 'succeeded' }
    return isTest(event) ? { kind: 'notRetried' } : retryBySchedule(retries, attempt)
  },
  // The vendor never disables an endpoint for failures. The health report is for the operator only.
  ...streakHealth(),
}

/** The dialect as companies of family B see it. Body and headers follow the setting themselves. */
const familyB: Dialect = { ...storno, eventTypes: eventTypesOfB }

const testType = 'webhook.test'

/** The data of a test event of any type. */
export function testData(endpoint: string): string {
  return JSON.stringify({ message: 'This is a test delivery from Storno.ro', webhookUuid: endpoint })
}

/**
 * Only tests have types outside the catalogues. A test is answered after one attempt, so a retry would tell its caller
 * nothing.
 */
function isTest(event: Event): boolean {
  return ![eventTypesOfA, eventTypesOfB].some((catalogue) => catalogue.some(({ name }) => name === event.type))
}

export function isFamilyB({ settings }: Pick<Tenant, 'settings'>): boolean {
  return settings['family'] === 'B'
}

function bodyA({ tenant, event, delivery }: Message): string {
  const type = JSON.stringify(event.type)
  return `{"id":"${delivery}","type":${type},"createdAt":"${isoSeconds(event.occurredAt)}","company":"${tenant.id}","data":${event.data}}`
}

function bodyB({ event, delivery }: Message): string {
  const createdAt = isoSeconds(event.occurredAt).replace('Z', '+00:00')
  return `{"id":"${delivery}","event":${JSON.stringify(event.type)},"created_at":"${createdAt}","data":${event.data}}`
}

function hex(random: RandomBytes, bytes: number): string {
  return Buffer.from(random(bytes)).toString('hex')
}
