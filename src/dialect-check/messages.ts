// Deliveries for the dialect's functions alone, without a service.

import { randomBytes } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { Message } from '../contracts/delivery-dialect.ts'
import type { Dialect } from '../contracts/dialect.ts'
import { unstoredEndpoint } from '../domain/endpoint.ts'
import type { DeliveryId, EndpointId, EndpointKey, EventId, TenantId } from '../domain/ids.ts'
import type { DeliveryExample } from '../dialect-kit/examples.ts'
import { newSigningSecret } from '../contracts/signing-secret.ts'

const sampleTime = '2026-03-04T05:06:07.089Z'

type Given = Partial<Omit<DeliveryExample, 'body' | 'headers'>>

/** A message with these facts, and made-up ones for the rest. */
export function messageOf(dialect: Dialect, given: Given & { readonly event: DeliveryExample['event'] }): Message {
  const { id, type, data, occurredAt = sampleTime, attributes = null } = given.event
  const at = Date.parse(occurredAt)
  const tenant = (given.tenant ?? dialect.newTenantId(randomBytes)) as TenantId
  const key = 1 as EndpointKey
  return {
    tenant: { id: tenant, dialect: dialect.name, name: null, settings: given.settings ?? {}, createdAt: at },
    event: {
      id: (id ?? dialect.newEventId(at, randomBytes)) as EventId,
      tenant,
      type,
      data,
      attributes,
      occurredAt: at,
      acceptedAt: at,
    },
    delivery: (given.delivery ?? '019cb6d0-0000-7000-8000-000000000001') as DeliveryId,
    attempt: given.attempt ?? 1,
    endpoint: unstoredEndpoint({
      key,
      id: (given.endpoint?.id ?? dialect.newEndpointId(key, randomBytes)) as EndpointId,
      tenant,
      url: given.endpoint?.url ?? 'https://example.com/hook',
      eventTypes: [type],
      details: given.endpoint?.details ?? {},
      createdAt: at,
    }),
  }
}

/** Keys that sign: those of a secret of the endpoint or of its tenant, of an API key, and of the installation. */
export async function newKeys(dialect: Dialect): Promise<readonly KeyObject[]> {
  const { installationSecret } = dialect
  const secret = newSigningSecret(dialect, randomBytes)
  return [
    ...(secret === null ? [] : [dialect.signingKey(secret)]),
    ...(installationSecret === null ? [] : [installationSecret.key(await installationSecret.generate())]),
  ]
}
