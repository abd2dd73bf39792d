// Quotas, on a service on which each of them allows one request. The numbers are those of the definition: no check can
// find a wrong one.

import type { TSchema } from 'typebox'
import { Compile } from 'typebox/schema'
import { shortened } from './document.ts'
import { bodyFor } from './refusals.ts'
import type { Served } from './subject.ts'
import type { Check, Trial } from './trial.ts'

export const quotaChecks: readonly Check[] = [
  { title: 'a request past a quota is refused in the form of the errors', run: refusesPastQuotas },
]

const counted = { read: ['all', 'reads'], write: ['all', 'writes'] } as const

async function refusesPastQuotas(trial: Trial): Promise<void> {
  const { dialect, served } = trial.subject
  if (dialect.quotas.length === 0) return
  const limited = await trial.limited()
  for (const access of ['read', 'write'] as const) {
    const kinds: readonly string[] = counted[access]
    if (!dialect.quotas.some(({ counts }) => kinds.includes(counts))) continue
    const first = served.find(({ operation, isPublic }) => operation.access === access && !isPublic)
    if (first !== undefined) await refusesSecond(limited, first)
  }
}

async function refusesSecond(trial: Trial, served: Served): Promise<void> {
  const { subject } = trial
  const customer = await trial.customer()
  const asked = { id: subject.absentId, body: bodyFor(trial, served) }
  await trial.ask(customer, served, asked)
  const { status, body, text } = await trial.ask(customer, served, asked)
  const form = Compile(subject.definition.errors.schema as TSchema)
  const isGood = status >= 400 && status < 500 && form.Check(body)
  trial.expect(isGood, `${served.title} past a quota is answered ${status}: ${shortened(text)}`)
}
