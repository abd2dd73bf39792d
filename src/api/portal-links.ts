import { Type } from 'typebox'
import type { PortalLinkId, TenantId } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import { portalCapabilities } from '../domain/portal-link.ts'
import { success } from '../domain/problem.ts'
import { answerWith } from '../http/answer.ts'
import { type AnyRoute, route } from '../http/route.ts'
import type { Context } from '../operations/context.ts'
import { createPortalLink, deletePortalLink, listPortalLinks } from '../operations/portal-links.ts'
import { PortalLinkSchema, portalLinkShape } from './portal-shapes.ts'
import { Nullable, TenantParameter } from './shapes.ts'

const strict = { additionalProperties: false }
const TenantPath = Type.Object({ tenant: TenantParameter })
const LinkPath = Type.Object({ tenant: TenantParameter, link: Type.String() })
const path = '/v1/tenants/:tenant/portal-links'
const shared = { tag: 'Portal', operators: [] } as const

const seconds = (defaultMs: number, maximumMs: number, description: string) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum: maximumMs / 1000, default: defaultMs / 1000, description }))
const Branding = Type.Object(
  {
    name: Type.Optional(Nullable(Type.String({ maxLength: limits.nameCharsMax }))),
    logo: Type.Optional(
      Nullable(
        Type.String({
          format: 'url',
          pattern: '^https://',
          errorMessage: 'must be an https:// URL',
          maxLength: limits.urlCharsMax,
        }),
      ),
    ),
    accent: Type.Optional(
      Nullable(
        Type.String({
          pattern: '^#[0-9a-fA-F]{6}$',
          errorMessage: 'must be a colour such as #0b7a75',
          description: 'The colour of actions.',
        }),
      ),
    ),
    scheme: Type.Optional(Nullable(Type.Enum(['light', 'dark']))),
  },
  strict,
)

/** @param portalUrl the origin under which customers reach the portal; null: that of the request */
export function portalLinkRoutes(context: Context, portalUrl: string | null): AnyRoute[] {
  return [createRoute(context, portalUrl), listRoute(context), deleteRoute(context)]
}

function createRoute(context: Context, portalUrl: string | null): AnyRoute {
  return route({
    ...shared,
    method: 'POST',
    path,
    operationId: 'createPortalLink',
    audits: 'portal_link.create',
    summary: "Create a link that opens a tenant's portal, once; the answer is the only place that shows it",
    access: 'write',
    params: TenantPath,
    body: Type.Object(
      {
        capabilities: Type.Optional(
          Type.Array(Type.Enum([...portalCapabilities]), { maxItems: portalCapabilities.length }),
        ),
        branding: Type.Optional(Branding),
        expiresInSeconds: seconds(limits.portalLinkMsDefault, limits.portalLinkMsMax, 'The link is opened within it.'),
        sessionSeconds: seconds(
          limits.portalSessionMsDefault,
          limits.portalSessionMsMax,
          'The session ends after it. It ends earlier if it is not used for an hour.',
        ),
      },
      { ...strict, examples: [{ capabilities: ['read', 'endpoints'], branding: { name: 'Acme' } }] },
    ),
    answers: { 201: PortalLinkSchema },
    async handle({ principal, params, body, request }) {
      const { name = null, logo = null, accent = null, scheme = null } = body.branding ?? {}
      const created = await createPortalLink(context, principal, params.tenant as TenantId, {
        capabilities: body.capabilities ?? ['read'],
        branding: { name, logo, accent, scheme },
        openMs: (body.expiresInSeconds ?? limits.portalLinkMsDefault / 1000) * 1000,
        sessionMs: (body.sessionSeconds ?? limits.portalSessionMsDefault / 1000) * 1000,
      })
      if (!created.ok) return created
      const { link, code, dialect } = created.value
      // A browser does not send the part after #, so that the code is in no log of a server or proxy.
      const url = `${portalUrl ?? request.publicUrl}/portal/${dialect}#${code}`
      return success({ status: 201, body: { ...portalLinkShape(link), url } })
    },
  })
}

function listRoute(context: Context): AnyRoute {
  return route({
    ...shared,
    method: 'GET',
    path,
    operationId: 'listPortalLinks',
    summary: "List a tenant's portal links whose session has not ended, newest first",
    access: 'read',
    operators: ['read'],
    params: TenantPath,
    answers: { 200: Type.Object({ data: Type.Array(PortalLinkSchema) }) },
    handle: ({ principal, params }) =>
      listPortalLinks(context, principal, params.tenant as TenantId).then((links) =>
        links.ok ? success({ status: 200, body: { data: links.value.map(portalLinkShape) } }) : links,
      ),
  })
}

function deleteRoute(context: Context): AnyRoute {
  return route({
    ...shared,
    method: 'DELETE',
    path: `${path}/:link`,
    operationId: 'deletePortalLink',
    audits: 'portal_link.delete',
    summary: 'Delete a portal link, and end its session at once',
    access: 'write',
    params: LinkPath,
    answers: { 204: Type.Null() },
    handle: ({ principal, params }) =>
      answerWith(deletePortalLink(context, principal, params.tenant as TenantId, params.link as PortalLinkId), () => ({
        status: 204,
      })),
  })
}
