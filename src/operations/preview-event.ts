// The request that a dialect would send for an event: it is made by the code that sends, and signed with secrets that are
// made for it. Nothing is stored or sent.

import { unstoredEndpoint } from '../domain/endpoint.ts'
import {
  type DeliveryId,
  type EndpointId,
  type EndpointKey,
  type EventId,
  type TenantId,
  uuidV7,
} from '../domain/ids.ts'
import { failure, invalidField, type Result, success } from '../domain/problem.ts'
import type { Message } from '../contracts/delivery-dialect.ts'
import type { Dialect } from '../contracts/dialect.ts'
import { newSigningSecret } from '../contracts/signing-secret.ts'
import type { SendRequest, WireRequest } from '../contracts/transport.ts'
import type { Context } from './context.ts'
import { detailsOf } from './endpoint-details.ts'
import { eventTypeFault } from './publish-event.ts'
import { settingFaults } from './tenants.ts'

export interface PreviewInput {
  readonly type: string
  /** JSON text of an object. */
  readonly data: string
  readonly attributes?: Readonly<Record<string, string>>
  /** The settings of the tenant; default: none. */
  readonly settings?: Readonly<Record<string, string>>
}

/** The request for an event, with its headers as they are on the wire. */
export async function previewEvent(
  context: Context,
  name: string,
  input: PreviewInput,
): Promise<Result<Pick<SendRequest, 'method' | 'body'> & Pick<WireRequest, 'headers'>>> {
  const base = context.dialects.get(name)
  if (base === undefined) return failure({ kind: 'notFound', what: 'dialect', id: name })
  const { settings = {} } = input
  const faults = settingFaults(base, settings)
  if (faults.length > 0) return failure({ kind: 'invalid', where: 'body', fields: faults })
  const dialect = base.ofTenant?.({ settings }) ?? base
  const typeFault = eventTypeFault(dialect, 'type', input.type)
  if (typeFault !== null) return failure(typeFault)
  const message = messageOf(context, dialect, input)
  const { acceptedAt } = message.event
  const keys = await keysOf(context, dialect)
  try {
    const request = await context.engine.requestAt(acceptedAt, message, dialect, keys)
    const headers = context.encodeRequest(request)?.headers ?? Object.entries(request.headers)
    return success({ ...request, headers })
  } catch (error) {
    return invalidField(
      'data',
      'format',
      `cannot be sent by ${name}: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

function messageOf({ clock, randomBytes }: Context, dialect: Dialect, input: PreviewInput): Message {
  const now = clock.now()
  const tenant = dialect.newTenantId(randomBytes) as TenantId
  const key = 1 as EndpointKey
  const { type, data, attributes = null, settings = {} } = input
  const id = dialect.newEventId(now, randomBytes) as EventId
  return {
    tenant: { id: tenant, dialect: dialect.name, name: null, settings, createdAt: now },
    event: { id, tenant, type, data, attributes, occurredAt: now, acceptedAt: now },
    delivery: uuidV7(now, randomBytes) as DeliveryId,
    endpoint: unstoredEndpoint({
      key,
      id: dialect.newEndpointId(key, randomBytes) as EndpointId,
      tenant,
      url: 'https://example.com/webhooks',
      eventTypes: [type],
      details: detailsOf(dialect, {}, null),
      createdAt: now,
    }),
  }
}

/** Key pairs for previews, by the dialect's name: it takes long to generate one. */
const pairs = new Map<string, Promise<string>>()

async function keysOf({ randomBytes }: Context, dialect: Dialect): Promise<ReturnType<Dialect['signingKey']>[]> {
  const { installationSecret } = dialect
  const secret = newSigningSecret(dialect, randomBytes)
  const keys = secret === null ? [] : [dialect.signingKey(secret)]
  if (installationSecret === null) return keys
  const pair = pairs.get(dialect.name) ?? installationSecret.generate()
  pairs.set(dialect.name, pair)
  return [...keys, installationSecret.key(await pair)]
}
