// Checks a dialect from outside: on a running service, through its API, with a receiver. Every check is derived from the
// dialect's own definition, except those that hold it against its examples.

import type { DefinedDialect } from '../dialect-kit/define-dialect.ts'
import { DialectFault } from '../dialect-kit/guarded.ts'
import { deliveryChecks } from './deliveries.ts'
import { readDocument } from './document.ts'
import { isolationChecks } from './isolation.ts'
import { operationChecks } from './operations.ts'
import { quotaChecks } from './quotas.ts'
import { refusalChecks } from './refusals.ts'
import { schemaChecks } from './schemas.ts'
import { Subject } from './subject.ts'
import { type Check, type Site, Stopped, Trial } from './trial.ts'
import { fits } from './values.ts'
import { wireChecks } from './wire.ts'
import { witnessChecks } from './witness.ts'

export interface CheckResult {
  readonly title: string
  /** The faults, in words for the author of the dialect; empty: there are none. */
  readonly faults: readonly string[]
}

export interface SiteWithLog extends Site {
  /** The faults of a dialect's functions that the service has logged so far. */
  readonly faultsOf: (dialect: string) => readonly string[]
}

const checks: readonly Check[] = [
  ...schemaChecks,
  ...wireChecks,
  ...operationChecks,
  ...refusalChecks,
  ...isolationChecks,
  ...deliveryChecks,
  ...quotaChecks,
  ...witnessChecks,
]

/** Runs all checks of a dialect that the site serves, side by side. */
export async function checkDialect(defined: DefinedDialect, site: SiteWithLog): Promise<readonly CheckResult[]> {
  const response = await fetch(new URL(`/openapi/${defined.dialect.name}.json`, site.url))
  const subject = new Subject(defined, readDocument(await response.text()))
  const unfit = unfitFields(subject)
  if (unfit.length > 0) return [{ title: 'the fields of requests have values', faults: unfit }]
  const shared = { confidential: new Set<string>(), departures: new Set<string>(), badRefusals: new Set<string>() }
  const results = await Promise.all(
    checks.map(async ({ title, run }) => {
      const trial = new Trial(subject, site, shared)
      try {
        await run(trial)
      } catch (error) {
        if (error instanceof DialectFault) trial.fault(error.message)
        else if (!(error instanceof Stopped)) trial.fault(`the check ended with an error: ${String(error)}`)
      }
      return { title, faults: [...trial.faults] }
    }),
  )
  // The first ones are often the reason of those that follow.
  return [
    { title: 'no function of the dialect throws', faults: site.faultsOf(subject.name) },
    {
      title: 'no request fails by a fault of the service, and no error quotes secrets',
      faults: [...shared.badRefusals],
    },
    { title: 'answers match the OpenAPI document', faults: [...shared.departures] },
    ...results,
  ]
}

/** Fields for which no value can be made here: no check could send a good request. */
function unfitFields(subject: Subject): readonly string[] {
  const requests = subject.served.flatMap((served) => {
    const { properties = {} } = subject.requestSchema(served)
    const names = Object.keys(properties).filter((name) => Object.hasOwn(subject.definition.endpoint, name))
    return names.map((name) => [name, properties[name] ?? {}] as const)
  })
  const key = subject.key === null ? [] : [[subject.key.name, subject.key.field.schema ?? {}] as const]
  const unfit = [...requests, ...key].filter(([name, schema]) => {
    const value = subject.valueFor(name, schema, 'https://example.com/hook', subject.eventTypes[0])
    return value === undefined || !fits(schema, value)
  })
  return [...new Set(unfit.map(([name]) => name))].map(
    (name) => `endpoint.${name}: no value of its schema can be made: give some in "examples" of the schema`,
  )
}
