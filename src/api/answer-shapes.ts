// The shapes of answers that the dashboard reads too, beside those of shapes.ts.

import { Type } from 'typebox'
import { EndpointSchema, Nullable, Time } from './shapes.ts'

export const ListedEndpointSchema = Type.Intersect([
  EndpointSchema,
  Type.Object({
    dialect: Type.String(),
    pausedUntil: Nullable(Time),
  }),
])

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
      signsAt: Time,
      publishedUntil: Nullable(Time),
    }),
  ),
})
