// The shapes of answers that the dashboard reads too, beside those of shapes.ts.

import { Type } from 'typebox'
import { EndpointSchema, Nullable, StringMap, Time } from './shapes.ts'

export const ListedEndpointSchema = Type.Intersect([
  EndpointSchema,
  Type.Object({
    dialect: Type.String(),
    pausedUntil: Nullable({ ...Time, description: 'Nothing is sent before, because the receiver asked for it.' }),
  }),
])

export const FailuresSchema = Type.Object({
  data: Type.Array(
    Type.Object({
      outcome: Type.Enum(['rejected', 'timedOut', 'unreachable', 'blocked']),
      status: Nullable(Type.Integer()),
      text: Type.String({ description: 'With marks in place of numbers, ids and long quotations.' }),
      count: Type.Integer(),
      firstAt: Time,
      lastAt: Time,
      sample: Type.Object({ delivery: Type.String(), attempt: Type.Integer() }),
    }),
    { description: 'At most 20 groups, the largest first.' },
  ),
  searchedTo: Nullable(Type.String({ format: 'date-time', description: 'Null: all deliveries were searched.' })),
})

export const CustomersViewSchema = Type.Object({
  request: Type.Object({ method: Type.String(), path: Type.String() }),
  status: Type.Integer(),
  headers: StringMap,
  body: Type.String(),
})

/** An event that was posted. */
export const PublishedSchema = Type.Object({
  id: Type.String(),
  tenant: Type.String(),
  type: Type.String(),
  deliveries: Type.Integer({ description: 'To how many endpoints it is sent.' }),
  duplicate: Type.Optional(Type.Literal(true, { description: 'It was posted before.' })),
})

export const TenantSecretsSchema = Type.Object({
  data: Type.Array(
    Type.Object({ value: Type.String(), createdAt: Time, expiresAt: Nullable(Time) }, { description: 'Newest first.' }),
  ),
})

export const SigningKeysSchema = Type.Object({
  data: Type.Array(
    Type.Object({
      id: Type.String({ description: 'The `kid`: the thumbprint of RFC 7638.' }),
      algorithm: Type.String(),
      publicKey: Type.String({ description: 'PEM' }),
      signs: Type.Boolean({ description: 'Deliveries are signed with this key now.' }),
      createdAt: Time,
      signsAt: { ...Time, description: 'Deliveries are signed with it from this time on.' },
      publishedUntil: Nullable({ ...Time, description: 'Null: it has no end yet.' }),
    }),
  ),
})

export const FoundSchema = Type.Object({
  data: Type.Array(
    Type.Object({
      kind: Type.Enum(['dialect', 'tenant', 'endpoint', 'event', 'delivery', 'apiKey', 'replay']),
      id: Type.String(),
      tenant: Nullable(Type.String()),
      dialect: Nullable(Type.String()),
      label: Type.String({ description: 'A name for people, for example the URL of an endpoint.' }),
    }),
  ),
})

/** The request that a dialect would send for an event. */
export const PreviewSchema = Type.Object({
  method: Type.String(),
  headers: Type.Array(Type.Object({ name: Type.String(), value: Type.String() }), {
    description:
      'Those of a delivery to `https://example.com/webhooks`, in their order on the wire. A delivery also has the headers of its endpoint, and `traceparent` if it is traced.',
  }),
  body: Type.String(),
})
