// The shapes of keys, and of the sessions that they begin.

import { Type } from 'typebox'
import type { ApiKey } from '../domain/api-key.ts'
import type { OperatorKey, OperatorRole } from '../domain/operator-key.ts'
import { Nullable, Time, time, timeOrNull } from './shapes.ts'

export const ApiKeySchema = Type.Object({
  id: Type.String(),
  key: Type.Optional(Type.String({ description: 'Shown once, when the key is created.' })),
  hint: Type.String({ description: 'The last letters of the key.' }),
  dialect: Type.String(),
  tenants: Type.Array(Type.String(), { description: 'The tenants that the key may act for.' }),
  scopes: Type.Array(Type.String()),
  role: Nullable(Type.String({ description: 'A role of the dialect; null: none.' })),
  name: Nullable(Type.String()),
  createdAt: Time,
  revokedAt: Nullable({ ...Time, description: 'Null: the key is valid.' }),
})

export function apiKeyShape(apiKey: ApiKey): object {
  return { ...apiKey, createdAt: time(apiKey.createdAt), revokedAt: timeOrNull(apiKey.revokedAt) }
}

export const operatorRoles = ['admin', 'publish', 'read'] as const satisfies readonly OperatorRole[]

export const OperatorKeySchema = Type.Object({
  id: Type.String(),
  key: Type.Optional(Type.String({ description: 'Shown once, when the key is created.' })),
  hint: Type.String({ description: 'The last letters of the key.' }),
  name: Type.String(),
  role: Type.Enum(operatorRoles),
  createdAt: Time,
  expiresAt: Nullable({ ...Time, description: 'The key is refused from this time on; null: it has no end.' }),
})

export function operatorKeyShape({ id, hint, name, role, createdAt, expiresAt }: OperatorKey): object {
  return { id, hint, name, role, createdAt: time(createdAt), expiresAt: timeOrNull(expiresAt) }
}

/** A session of the dashboard. */
export const SessionSchema = Type.Object({
  key: Type.Object({ id: Type.String(), name: Type.String(), role: Type.Enum(operatorRoles) }),
  version: Type.String(),
})
