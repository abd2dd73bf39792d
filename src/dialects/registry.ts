// All dialects that are shipped, one line each.

import type { Dialect } from '../contracts/dialect.ts'
import type { DefinedDialect } from '../dialect-kit/define-dialect.ts'
import type { RecordedExample } from '../contracts/recorded-example.ts'
import allo from './allo/allo.ts'
import { recordedExamples as ofAllo } from './allo/recorded-examples.ts'
import dialnexa from './dialnexa/dialnexa.ts'
import { recordedExamples as ofDialnexa } from './dialnexa/recorded-examples.ts'
import partoo from './partoo/partoo.ts'
import { recordedExamples as ofPartoo } from './partoo/recorded-examples.ts'
import { recordedExamples as ofOperator } from './standard/recorded-examples.ts'
import { standard } from './standard/standard.ts'
import storno from './storno/storno.ts'
import { recordedExamples as ofStorno } from './storno/recorded-examples.ts'
import ultravox from './ultravox/ultravox.ts'
import { recordedExamples as ofUltravox } from './ultravox/recorded-examples.ts'

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

/** The examples in the OpenAPI documents of the operator API and of each dialect. */
export const recordedExamples: Readonly<Record<string, Readonly<Record<string, RecordedExample>>>> = {
  operator: ofOperator,
  allo: ofAllo,
  dialnexa: ofDialnexa,
  partoo: ofPartoo,
  storno: ofStorno,
  ultravox: ofUltravox,
}
