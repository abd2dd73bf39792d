// The caller and the company of a request: API keys, tokens, and the X-Company header. Sources: README.md in this
// folder.

import type { FastifyRequest } from 'fastify'
import type { ApiKey } from '../../domain/api-key.ts'
import type { ApiKeyId, TenantId } from '../../domain/ids.ts'
import { failure, type Result, success } from '../../domain/problem.ts'
import type { Claims } from '../../front/tokens.ts'
import { storno, uuidPattern } from './wire.ts'

/**
 * What a refused request needs: an X-Company header, access to the company, a plan with webhooks. errors.ts has the
 * texts.
 */
export const companyMissing = 'X-Company'
export const companyDenied = 'access to the company'
export const planWithWebhooks = 'a plan with webhooks'

/** The key or token of `Bearer <key or token>`, or of an API key alone; null: the request has none. */
export function credential({ headers }: FastifyRequest): string | null {
  return /^(?:Bearer +|(?=af_))(\S+)$/i.exec((headers.authorization ?? '').trim())?.[1] ?? null
}

/** The key that a token stands for: the companies and permissions of its claims. Claims of another form are ignored. */
export function keyOfClaims({ sub, companies, permissions }: Claims): ApiKey {
  const name = typeof sub === 'string' ? sub : ''
  return {
    id: `jwt:${name}` as ApiKeyId,
    dialect: storno.name,
    tenants: texts(companies).flatMap((company) => uuidOf(company) ?? []) as TenantId[],
    scopes: texts(permissions),
    role: null,
    name,
    hint: '',
    createdAt: 0,
    revokedAt: null,
  }
}

export function companyOf({ headers }: FastifyRequest, key: ApiKey): Result<TenantId> {
  const given = headers['x-company']
  if (given === undefined || given === '') return failure({ kind: 'forbidden', needs: companyMissing })
  const company = String(given).toLowerCase()
  const own = key.tenants.find((tenant) => tenant === company)
  return own === undefined ? failure({ kind: 'forbidden', needs: companyDenied }) : success(own)
}

/** A UUID in its stored form; null: the text is not a UUID. */
export function uuidOf(text: string): string | null {
  const lower = text.toLowerCase()
  return uuidPattern.test(lower) ? lower : null
}

/** The strings in a claim that should be a list of strings. */
function texts(claim: unknown): string[] {
  return Array.isArray(claim) ? claim.filter((one) => typeof one === 'string') : []
}
