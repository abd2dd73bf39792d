// All dialects that are shipped, one line each.

import type { Dialect } from '../contracts/dialect.ts'
import type { DefinedDialect } from '../dialect-kit/define-dialect.ts'
import allo from './allo/allo.ts'
import dialnexa from './dialnexa/dialnexa.ts'
import partoo from './partoo/partoo.ts'
import { standard } from './standard/standard.ts'
import storno from './storno/storno.ts'
import ultravox from './ultravox/ultravox.ts'

/** A dialect. Without a front, its customers use the operator API's paths. */
export interface Registration {
  readonly dialect: Dialect
  readonly front: DefinedDialect['front'] | null
  readonly webhookPath: DefinedDialect['webhookPath']
}

export const registry: readonly Registration[] = [
  { dialect: standard, front: null, webhookPath: ({ tenant, id }) => `/v1/tenants/${tenant}/endpoints/${id}` },
  allo,
  dialnexa,
  partoo,
  storno,
  ultravox,
]

/** The dialect whose customers use the operator API's paths. */
export const ownDialect = standard.name
