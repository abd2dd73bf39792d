// Posthorn's own dialect: the Standard Webhooks specification, and the choices of a product without existing customers.
// Sources: README.md in this folder.

import { randomText, timeOrderedText } from '../../domain/ids.ts'
import { limits } from '../../domain/limits.ts'
import { ownScopes } from '../../domain/scopes.ts'
import { day, hour, minute, second } from '../../domain/time.ts'
import { retryBySchedule, type RetrySchedule } from '../../domain/retry.ts'
import {
  newStandardSecret,
  standardKey,
  standardSecretFault,
  standardHeaders,
} from '../../signing/standard-webhooks.ts'
import type { Dialect } from '../../contracts/dialect.ts'
import { streakHealth } from '../streak.ts'

/** Ten attempts over 75 hours. */
const retries: RetrySchedule = {
  waitsMs: [5 * second, 5 * minute, 30 * minute, 2 * hour, 5 * hour, 10 * hour, 14 * hour, 20 * hour, 24 * hour],
  exact: false,
}

export const standard: Dialect = {
  name: 'standard',
  title: 'Standard Webhooks',

  tenantIdPattern: /^[A-Za-z0-9._-]{1,64}$/,
  newTenantId: (random) => `ten_${randomText(random, 20)}`,

  newApiKey: (random) => `phk_${randomText(random, 40)}`,
  tenantsPerKeyMax: limits.keyTenantsMax,
  scopes: ownScopes,
  scopesAreAll: true,
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
    writeOnlyHeaders: true,
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
  headers: ({ event }, body, keys, sentAtMs) => ({
    'content-type': 'application/json',
    'user-agent': 'Posthorn/1.0',
    ...standardHeaders(keys, event.id, sentAtMs, body),
  }),
  // 410 Gone: the specification asks the sender to stop, and to disable the endpoint.
  verdict: (outcome, attempt) => {
    if (outcome.kind === 'delivered') return { kind: 'succeeded' }
    if (outcome.kind === 'rejected' && outcome.status === 410) return { kind: 'gone' }
    return retryBySchedule(retries, attempt)
  },
  ...streakHealth(5 * day),
}
