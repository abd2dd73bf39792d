// The shapes of portal links and of their sessions.

import { Type } from 'typebox'
import { portalCapabilities, type PortalLink } from '../domain/portal-link.ts'
import { Nullable, Time, time, timeOrNull } from './shapes.ts'

export const PortalLinkSchema = Type.Object({
  id: Type.String(),
  url: Type.Optional(Type.String({ description: 'Shown once, when the link is created.' })),
  tenant: Type.String(),
  capabilities: Type.Array(Type.Enum([...portalCapabilities])),
  branding: Type.Object({
    name: Nullable(Type.String()),
    logo: Nullable(Type.String()),
    accent: Nullable(Type.String()),
    scheme: Nullable(Type.Enum(['light', 'dark'])),
  }),
  createdAt: Time,
  expiresAt: { ...Time, description: 'The link can be opened until this time.' },
  openedAt: Nullable({ ...Time, description: 'Null: it was not opened yet.' }),
  endsAt: { ...Time, description: 'The end of the session that the link begins.' },
})

export function portalLinkShape(link: PortalLink): object {
  const { id, tenant, capabilities, branding, createdAt, expiresAt, openedAt, endsAt } = link
  const times = { createdAt: time(createdAt), expiresAt: time(expiresAt), openedAt: timeOrNull(openedAt) }
  return { id, tenant, capabilities, branding, ...times, endsAt: time(endsAt) }
}

/** A session of the portal. */
export const PortalSessionSchema = Type.Object({
  tenant: Type.String(),
  dialect: Type.String(),
  may: Type.Array(Type.String(), { description: 'The names of the routes that it may call.' }),
  seesSecrets: Type.Boolean(),
  replacesSecrets: Type.Boolean({ description: 'A change of an endpoint may give other secrets.' }),
  /** The fields of endpoints that the dialect takes from customers, such as `url` and `filters.region`; null: all. */
  fields: Nullable(
    Type.Object({
      create: Type.Array(Type.String()),
      required: Type.Array(Type.String()),
      change: Type.Array(Type.String()),
    }),
  ),
  branding: PortalLinkSchema.properties.branding,
  parents: Type.Array(Type.String(), { description: 'The origins whose pages may embed the portal.' }),
  endsAt: Time,
})
