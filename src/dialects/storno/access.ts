// Who asks, and for which company: API keys, tokens, and the X-Company header. Sources: README.md beside this file.

import type { FastifyRequest } from 'fastify'
import type { ApiKey } from '../../domain/api-key.ts'
import type { ApiKeyId, TenantId } from '../../domain/ids.ts'
import { failure, type Result, success } from '../../domain/problem.ts'
import type { Claims } from '../../front/tokens.ts'
import { scopes, storno, uuidPattern } from './wire.ts'

/** What a request lacks: the name of a company, a company of its key, a plan with webhooks. errors.ts has the texts. */
export const companyMissing = 'X-Company'
export const companyDenied = 'access to the company'
export const planWithWebhooks = 'a plan with webhooks'

/** `Bearer <key or token>`, or an API key alone. */
export function credential({ headers }: FastifyRequest): string | null {
  return /^(?:Bearer +|(?=af_))(\S+)$/i.exec((headers.authorization ?? '').trim())?.[1] ?? null
}

/** A token speaks for the companies it names, with the permissions it names; what it says in another form is not said. */
export function keyOfClaims({ sub, companies, permissions }: Claims): ApiKey {
  const known: readonly string[] = Object.values(scopes)
  const name = typeof sub === 'string' ? sub : ''
  return {
    id: `jwt:${name}` as ApiKeyId,
    dialect: storno.name,
    tenants: texts(companies).flatMap((company) => uuidOf(company) ?? []) as TenantId[],
    scopes: texts(permissions).filter((permission) => known.includes(permission)),
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

/** A UUID in the form in which it is stored; null: the text is none. */
export function uuidOf(text: string): string | null {
  const lower = text.toLowerCase()
  return uuidPattern.test(lower) ? lower : null
}

/** The text members of a claim that should be a list of texts. */
function texts(claim: unknown): string[] {
  return Array.isArray(claim) ? claim.filter((one) => typeof one === 'string') : []
}
