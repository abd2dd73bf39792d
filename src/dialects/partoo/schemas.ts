// Schemas of Partoo's requests and answers, as its reference page describes them. They validate requests.

import { Type } from 'typebox'
import type { Endpoint } from '../../domain/endpoint.ts'
import { isoMicroseconds } from '../../domain/time.ts'
import { eventTypes, headerNamePattern, headerValuePattern, partoo } from './wire.ts'

const Url = Type.String({
  format: 'url',
  maxLength: partoo.endpointRules.urlCharsMax,
  description: "The URL receiving the webhook's data: HTTPS.",
})
const EventType = Type.String({ enum: eventTypes.map(({ name }) => name), description: 'The webhook event type.' })
const Time = Type.String({ format: 'date-time' })

const CustomHeaders = Type.Unsafe<Record<string, string>>({
  type: 'object',
  description: 'Headers of your own that deliveries carry.',
  maxProperties: 5,
  propertyNames: { type: 'string', maxLength: 128, pattern: headerNamePattern },
  additionalProperties: { type: 'string', maxLength: 512, pattern: headerValuePattern },
})

export const WebhookItem = Type.Object({
  id: Type.Integer(),
  url: Url,
  event_type: EventType,
  created_at: Time,
  updated_at: Time,
  org_id: Type.Integer(),
  custom_headers: Type.Optional(CustomHeaders),
})

export const NewWebhook = Type.Object({
  url: Url,
  event_type: EventType,
  custom_headers: Type.Optional(CustomHeaders),
})
export interface NewWebhookInput {
  readonly url: string
  readonly event_type: string
  readonly custom_headers?: Readonly<Record<string, string>>
}

export const CreatedWebhooks = Type.Object({ items: Type.Array(WebhookItem) })
// An organization has one webhook per event type, so a valid request has at most as many entries as there are types.
export const CreateWebhooks = Type.Object({
  items: Type.Array(NewWebhook, { minItems: 1, maxItems: eventTypes.length }),
})

/** The same list, but only the first entry is validated, because only the first entry is tried out. */
export const Tryout = Type.Object({
  items: Type.Unsafe<readonly [NewWebhookInput, ...unknown[]]>({
    type: 'array',
    minItems: 1,
    prefixItems: [NewWebhook],
    description: 'Only the first entry is tried out; others are ignored.',
  }),
})

export const UpdateWebhook = Type.Object({ url: Type.Optional(Url), custom_headers: Type.Optional(CustomHeaders) })

export const WebhookList = Type.Object({
  page: Type.Integer(),
  max_page: Type.Integer(),
  count: Type.Integer(),
  items: Type.Array(WebhookItem),
})

export const TryoutResults = Type.Object({
  items: Type.Array(
    Type.Object({
      url: Url,
      event_type: EventType,
      success: Type.Boolean(),
      status_code: Type.Union([Type.Integer(), Type.Null()]),
    }),
  ),
})

export const Deleted = Type.Object({ id: Type.Integer(), status: Type.String() })
/** A list without an envelope, as on the vendor's page. */
export const EventTypes = Type.Array(EventType)

export const Refusal = Type.Object({
  errors: Type.Object({
    json: Type.Optional(Type.Unknown({ description: 'The fault: a text, or one per field.' })),
    authentication: Type.Optional(Type.String()),
    authorization: Type.Optional(Type.String()),
  }),
})

const org = {
  org_id: Type.Optional(Type.Integer({ description: 'The organization; only `PROVIDER` users must name it.' })),
}
export const Org = Type.Object(org)
export const OrgAndPage = Type.Object({
  ...org,
  page: Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, default: 1 })),
  per_page: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 30 })),
})
export const WebhookPath = Type.Object({
  webhook_id: Type.Integer({ description: 'The webhook object identifier.' }),
})

/** A webhook in the form of Partoo's API. */
export function webhookItem({ id, url, eventTypes: [type], createdAt, updatedAt, tenant, headers }: Endpoint): unknown {
  return {
    id: Number(id),
    url,
    event_type: type,
    created_at: `${isoMicroseconds(createdAt)}Z`,
    updated_at: `${isoMicroseconds(updatedAt)}Z`,
    org_id: Number(tenant),
    ...(Object.keys(headers).length > 0 && { custom_headers: headers }),
  }
}
