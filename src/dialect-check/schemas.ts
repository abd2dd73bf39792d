// The JSON Schemas of a definition. A keyword that is misspelt or has a value of another kind would check nothing.

import { Ajv2020 } from 'ajv/dist/2020.js'
import type { Check, Trial } from './trial.ts'

export const schemaChecks: readonly Check[] = [
  { title: 'the schemas of the definition are JSON Schema', run: hasGoodSchemas },
]

function hasGoodSchemas(trial: Trial): void {
  const { endpoint, errors, routes } = trial.subject.definition
  const schemas: Readonly<Record<string, object | undefined>> = {
    ...Object.fromEntries(Object.entries(endpoint).map(([name, { schema }]) => [`endpoint.${name}.schema`, schema])),
    ...Object.fromEntries(
      Object.entries(routes).flatMap(([at, { query = {} }]) =>
        Object.entries(query).map(([name, schema]) => [`routes["${at}"].query.${name}`, schema]),
      ),
    ),
    'errors.schema': errors.schema,
    'errors.invalidSchema': errors.invalidSchema,
  }
  for (const [place, schema] of Object.entries(schemas)) {
    const fault = schema === undefined ? null : faultOf(schema)
    if (fault !== null) trial.fault(`${place}: ${fault}`)
  }
}

function faultOf(schema: object): string | null {
  try {
    // Formats are those of the service, and a schema that is a part of another need not name its type.
    const options = { validateFormats: false, strictTypes: false, strictTuples: false, keywords: ['errorMessage'] }
    new Ajv2020(options).compile(schema)
    return null
  } catch (error) {
    return error instanceof Error ? error.message.replace(/^strict mode: /, '') : String(error)
  }
}
