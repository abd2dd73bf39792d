// Runs the snippets of the pages about the library, in a folder where `posthorn` is this package. Their types are checked where the
// built package is installed (test/package/packed.long.ts).

import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import {
  codeBlocks,
  commandLines,
  newcomerEnv,
  projectFolder,
  repository,
  runProgram,
  snippets,
  withoutBash,
} from '../support/documented.ts'

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

const withoutOpenssl = spawnSync('openssl', ['version']).status === 0 ? withoutBash : 'needs openssl'

test('the first program of docs/library.md prints what the page says', { skip: withoutOpenssl }, async (t) => {
  const [page, section] = ['docs/library.md', 'Publish events'] as const
  const folder = await projectFolder(t)
  writeFileSync(join(folder, 'publish.ts'), snippets(page)[0] ?? '')
  const lines = commandLines(page, section).join('\n')
  assert.match(lines, /^export MASTER_KEY=.*\nnode publish\.ts$/)
  const script = lines.replace('node ', `'${process.execPath}' `)
  const { stdout } = await promisify(execFile)('bash', ['-c', script], { cwd: folder, env: newcomerEnv })
  const printed = codeBlocks(page).find((block) => block.section === section && block.language === 'text')?.text ?? ''
  const withoutIds = (text: string): string => text.replaceAll(/msg_\w+/g, 'msg_')
  assert.equal(withoutIds(stdout), withoutIds(printed))
})
