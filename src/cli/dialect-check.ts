// `posthorn dialect check`: checks the dialects of a file, and names their faults in words.

import { styleText } from 'node:util'
import { checkDialect, type CheckResult } from '../dialect-check/check-dialect.ts'
import { DefinedDialect } from '../dialect-kit/define-dialect.ts'
import { loadDialects, whileOpen } from '../dialects/load.ts'
import { registry } from '../dialects/registry.ts'
import { openSite } from '../testing/site.ts'

/** How many faults of one check are printed. They most often have one cause. */
const faultsShownMax = 5

/**
 * Runs the command.
 *
 * @param path a file with a dialect
 * @returns whether all dialects are good
 * @throws DialectFileError
 */
export async function check(path: string, output: { write(text: string): unknown }): Promise<boolean> {
  const registrations = await loadDialects([path])
  const defined = registrations.slice(registry.length).filter((one) => one instanceof DefinedDialect)
  const site = await openSite(registrations)
  try {
    let good = true
    for (const one of defined) {
      const results = await whileOpen(path, () => checkDialect(one, site))
      output.write(reportOf(one.dialect.name, results))
      good &&= results.every(({ faults }) => faults.length === 0)
    }
    return good
  } finally {
    await site.close()
  }
}

function reportOf(name: string, results: readonly CheckResult[]): string {
  const failed = results.filter(({ faults }) => faults.length > 0)
  const lines = failed.flatMap(({ title, faults }) => [
    `  ${styleText('red', '✗')} ${title}`,
    ...faults.slice(0, faultsShownMax).map((fault) => `      ${fault}`),
    ...(faults.length > faultsShownMax
      ? [`      … and ${faults.length - faultsShownMax} more faults of this check`]
      : []),
  ])
  const passed = `${name}: ${results.length - failed.length} of ${results.length} checks passed`
  return `${[...lines, passed].join('\n')}\n`
}
