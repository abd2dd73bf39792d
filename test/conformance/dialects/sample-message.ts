// One made-up delivery, for tests of a dialect's pure functions.

import { randomBytes } from 'node:crypto'
import type { DeliveryId, EndpointId, EndpointKey, EventId, TenantId } from '../../../src/domain/ids.ts'
import type { Message } from '../../../src/contracts/delivery-dialect.ts'
import type { Profile, SentEvent } from './profile.ts'

/** The time of everything in a sample. */
export const isoTime = '2026-03-04T05:06:07.089Z'

export function sampleMessage(profile: Profile, event: { type?: string; data?: string } = {}): Message {
  const { dialect, api } = profile
  const at = Date.parse(isoTime)
  const tenant = dialect.newTenantId(randomBytes) as TenantId
  const { newSecret } = dialect.endpointRules
  const key = 1 as EndpointKey
  return {
    tenant: { id: tenant, dialect: dialect.name, name: null, settings: {}, createdAt: at },
    event: {
      id: dialect.newEventId(at, randomBytes) as EventId,
      tenant,
      type: api.eventType(0),
      data: '{"n":1.0}',
      attributes: null,
      occurredAt: at,
      acceptedAt: at,
      ...event,
    },
    delivery: '019cb6d0-0000-7000-8000-000000000001' as DeliveryId,
    endpoint: {
      key,
      id: dialect.newEndpointId(key, randomBytes) as EndpointId,
      tenant,
      url: 'https://example.com/hook',
      eventTypes: [api.eventType(0)],
      filters: {},
      details: {},
      description: null,
      enabled: true,
      disabledReason: null,
      headers: {},
      writeOnlyHeaders: [],
      secrets: newSecret === null ? [] : [{ value: newSecret(randomBytes), createdAt: at, expiresAt: null }],
      createdAt: at,
      updatedAt: at,
    },
  }
}

/** The same delivery, in the form that profiles use. */
export function sentEvent({ event, tenant, delivery, endpoint: { id: endpointId, url } }: Message): SentEvent {
  const { id, type, data, occurredAt } = event
  const endpoint = { id: endpointId, url }
  return { id, type, data, occurredAt: new Date(occurredAt).toISOString(), tenant: tenant.id, delivery, endpoint }
}

const installationSecrets = new Map<string, string>()

/** The headers and the body of an attempt at a time, and the keys that verify it. */
export async function sentHeaders(profile: Profile, message: Message, atMs: number) {
  const { dialect } = profile
  const { installationSecret } = dialect
  const own = message.endpoint.secrets.map(({ value }) => value)
  let secrets = own
  let publicKey: string | null = null
  if (installationSecret !== null) {
    const secret = installationSecrets.get(dialect.name) ?? (await installationSecret.generate())
    installationSecrets.set(dialect.name, secret)
    secrets = [secret]
    publicKey = installationSecret.publicKey(secret)
  }
  const signingKeys = secrets.map((secret) => dialect.signingKey(secret))
  const body = Buffer.from(dialect.encode(message, signingKeys, atMs))
  return { headers: dialect.headers(message, body, signingKeys, atMs), body, keys: { secrets: own, publicKey } }
}
