// Runs the snippets of the pages about the library, in a folder where `posthorn` is this package. Their types are checked where the
// built package is installed (test/package/packed.long.ts).

import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { newcomerEnv, projectFolder, repository, runProgram, snippets } from '../support/documented.ts'

const pages = ['docs/library.md', 'docs/transactions.md']
const all = pages.flatMap((page) => snippets(page).map((snippet, index) => ({ page, snippet, number: index + 1 })))

for (const { page, snippet, number } of all) {
  test(`snippet ${number} of ${page} runs`, async (t) => {
    const folder = await projectFolder(t)
    copyFileSync(join(repository, 'test/tutorial/acme.ts'), join(folder, 'acme.ts'))
    writeFileSync(join(folder, 'snippet.ts'), snippet)
    await runProgram(folder, [process.execPath, 'snippet.ts'], newcomerEnv)
  })
}
