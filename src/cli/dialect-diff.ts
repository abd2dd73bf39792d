// `posthorn dialect diff`: where the API of a dialect departs from the vendor's OpenAPI document.

import { $RefParser } from '@apidevtools/json-schema-ref-parser'
import { differencesOf } from '../dialect-draft/differences.ts'
import { type OpenApi, readOpenApi } from '../dialect-draft/openapi.ts'
import { DefinedDialect } from '../dialect-kit/define-dialect.ts'
import { loadDialects } from '../dialects/load.ts'
import { registry } from '../dialects/registry.ts'
import { openSite } from '../testing/site.ts'

/**
 * Runs the command.
 *
 * @returns whether no difference does harm
 * @throws DialectFileError, DocumentError
 */
export async function diff(
  path: string,
  documentPath: string,
  output: { write(text: string): unknown },
): Promise<boolean> {
  const vendor = await readOpenApi(documentPath)
  const registrations = await loadDialects([path])
  const defined = registrations.slice(registry.length).find((one) => one instanceof DefinedDialect)
  if (defined === undefined) return true
  const site = await openSite(registrations)
  try {
    const response = await fetch(new URL(`/openapi/${defined.dialect.name}.json`, site.url))
    const served = await $RefParser.dereference<OpenApi>(await response.json(), { dereference: { circular: 'ignore' } })
    const differences = differencesOf(served, vendor, defined.definition.api.prefixes)
    const harmful = differences.filter(({ harm }) => harm !== null)
    for (const { harm, text } of differences) output.write(`  ${harm === null ? 'note' : 'harm'}  ${text}\n`)
    output.write(`${defined.dialect.name}: ${harmful.length} of ${differences.length} differences do harm\n`)
    return harmful.length === 0
  } finally {
    await site.close()
  }
}
