// The audit records: a list, and an export of all that match as JSON lines.

import { Type } from 'typebox'
import type { AuditAction, AuditRecord } from '../domain/audit.ts'
import type { TenantId } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import { success } from '../domain/problem.ts'
import type { AuditFilter } from '../contracts/audit-store.ts'
import type { Page } from '../contracts/page.ts'
import { pageBody, pageRequest } from '../http/cursor.ts'
import { type AnyRoute, route } from '../http/route.ts'
import type { Context } from '../operations/context.ts'
import { timeOf } from './events.ts'
import { auditActions, AuditSchema, auditShape } from './audit-shape.ts'
import { PageOf, PageQuery, Time } from './shapes.ts'

const strict = { additionalProperties: false }

const Filter = {
  tenant: Type.Optional(Type.String()),
  actor: Type.Optional(
    Type.String({ description: 'The id of a key; `settings`: the key in the settings; `posthorn`: Posthorn itself.' }),
  ),
  action: Type.Optional(Type.Enum(auditActions)),
  object: Type.Optional(Type.String({ description: 'The id of an object.' })),
  from: Type.Optional({ ...Time, description: 'Inclusive.' }),
  to: Type.Optional({ ...Time, description: 'Exclusive.' }),
}

type FilterQuery = { readonly [Name in keyof AuditFilter]?: Name extends 'action' ? AuditAction : string }

function filterOf({ tenant, actor, action, object, from, to }: FilterQuery): AuditFilter {
  return {
    tenant: (tenant as TenantId | undefined) ?? null,
    actor: actor ?? null,
    action: action ?? null,
    object: object ?? null,
    from: timeOf(from),
    to: timeOf(to),
  }
}

const shared = { tag: 'Audit', access: 'read', method: 'GET' } as const

export function auditRoutes(context: Context): AnyRoute[] {
  return [
    route({
      ...shared,
      path: '/v1/audit',
      operationId: 'listAudit',
      summary: 'List audit records, newest first',
      query: Type.Object({ ...PageQuery, ...Filter }, strict),
      answers: { 200: PageOf(AuditSchema) },
      async handle({ query }) {
        const page = pageRequest('audit', query)
        if (!page.ok) return page
        const records = await context.store.listAudit(filterOf(query), page.value)
        return success({ status: 200, body: pageBody('audit', records, auditShape) })
      },
    }),
    route({
      ...shared,
      path: '/v1/audit/export',
      operationId: 'exportAudit',
      summary: 'All audit records that match as JSON lines, newest first',
      query: Type.Object(Filter, strict),
      answers: {
        200: { description: 'An audit record on each line.', content: { [jsonLines]: { schema: AuditSchema } } },
      },
      async handle({ query }) {
        const filter = filterOf(query)
        const first = await context.store.listAudit(filter, { limit: limits.pageSizeMax, after: null })
        return success({ status: 200, headers: { 'content-type': jsonLines }, body: lines(context, filter, first) })
      },
    }),
  ]
}

const jsonLines = 'application/x-ndjson'

/** The records that match, page by page: the next page is read when the caller has read the one before. */
async function* lines({ store }: Context, filter: AuditFilter, first: Page<AuditRecord>): AsyncGenerator<string> {
  for (let page = first; page.rows.length > 0;) {
    yield page.rows.map((record) => `${JSON.stringify(auditShape(record))}\n`).join('')
    if (page.next === null) return
    page = await store.listAudit(filter, { limit: limits.pageSizeMax, after: page.next })
  }
}
