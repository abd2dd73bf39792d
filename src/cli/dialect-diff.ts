// `posthorn dialect diff`: where the API of a dialect departs from the vendor's OpenAPI document.

import { $RefParser } from '@apidevtools/json-schema-ref-parser'
import { differencesOf, hasPathsBelow } from '../dialect-draft/differences.ts'
import { type OpenApi, readOpenApi } from '../dialect-draft/openapi.ts'
import { DefinedDialect } from '../dialect-kit/define-dialect.ts'
import { loadDialects } from '../dialects/load.ts'
import { registry } from '../dialects/registry.ts'
import { CommandFailed } from './faults.ts'
import { openSite } from '../testing/site.ts'

/**
 * Runs the command.
 *
 * @returns whether no difference does harm
 * @throws DialectFileError, DocumentError; CommandFailed the document has no path of the dialect
 */
export async function diff(
  path: string,
  documentPath: string,
  output: { write(text: string): unknown },
): Promise<boolean> {
  const vendor = await readOpenApi(documentPath)
  const registrations = await loadDialects([path])
  const defined = registrations.slice(registry.length).find((one) => one instanceof DefinedDialect)
  if (defined === undefined) throw new CommandFailed(`nothing was compared: ${path} has no dialect of defineDialect`)
  const { api, events, openCatalogue } = defined.definition
  const { prefixes } = api
  if (!hasPathsBelow(prefixes, vendor)) {
    const paths = prefixes.join(' or ')
    throw new CommandFailed(
      `nothing was compared: no path of ${documentPath} begins with ${paths}, as those of the dialect`,
    )
  }
  const site = await openSite(registrations)
  try {
    const response = await fetch(new URL(`/openapi/${defined.dialect.name}.json`, site.url))
    const served = await $RefParser.dereference<OpenApi>(await response.json(), { dereference: { circular: 'ignore' } })
    const differences = differencesOf(served, vendor, prefixes, openCatalogue === true ? null : Object.keys(events))
    const harmful = differences.filter(({ harm }) => harm !== null)
    for (const { harm, text } of differences) output.write(`  ${harm === null ? 'note' : 'harm'}  ${text}\n`)
    output.write(`${defined.dialect.name}: ${harmful.length} of ${differences.length} differences do harm\n`)
    return harmful.length === 0
  } finally {
    await site.close()
  }
}
