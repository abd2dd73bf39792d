// What Partoo's API takes and gives, as its reference page describes it; requests are checked against these.

import { Type } from 'typebox'
import type { Endpoint } from '../../domain/endpoint.ts'
import { isoMicroseconds } from '../../domain/time.ts'
import { eventTypes, headerNamePattern } from './wire.ts'

const Url = Type.String({ description: "The URL receiving the webhook's data: HTTPS." })
const EventType = Type.String({ enum: eventTypes.map(({ name }) => name), description: 'The webhook event type.' })
const Time = Type.String({ format: 'date-time' })

const CustomHeaders = Type.Unsafe<Record<string, string>>({
  type: 'object',
  description: 'Headers of your own that deliveries carry.',
  maxProperties: 5,
  propertyNames: { type: 'string', maxLength: 128, pattern: headerNamePattern },
  additionalProperties: { type: 'string', maxLength: 512 },
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
// Of an event type an organization has one webhook: a legal request has no more than there are types.
export const CreateWebhooks = Type.Object({
  items: Type.Array(NewWebhook, { minItems: 1, maxItems: eventTypes.length }),
})

/** The same, of which only the first entry counts, so that only it is looked at. */
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
/** A list without an envelope: so the page shows it. */
export const EventTypes = Type.Array(EventType)

export const Refusal = Type.Object({
  errors: Type.Object({
    json: Type.Optional(Type.Unknown({ description: 'What is wrong: a text, or one per field.' })),
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
  page: Type.Optional(Type.Integer({ minimum: 1, default: 1 })),
  per_page: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 30 })),
})
export const WebhookPath = Type.Object({
  webhook_id: Type.Integer({ description: 'The webhook object identifier.' }),
})

/** A webhook as customers see it. */
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
