import { operationalEventTypes } from '../domain/operational-events.ts'
import type { Dialect } from '../contracts/dialect.ts'

const examples: ReadonlyMap<string, string> = new Map(
  Object.entries(operationalEventTypes).map(([name, { example }]) => [name, JSON.stringify(example)]),
)

/** The dialect of the system tenant, with the catalogue of operational events. */
export function systemDialectOf(dialect: Dialect): Dialect {
  return {
    ...dialect,
    openCatalogue: false,
    eventTypes: Object.entries(operationalEventTypes).map(([name, { description }]) => ({ name, description })),
    exampleOf: (type, endpoint) => examples.get(type) ?? dialect.exampleOf(type, endpoint),
  }
}
