// Runs the snippets of the pages about the library, in a folder where `posthorn` is this package. Their types are checked where the
// built package is installed (test/package/packed.long.ts).

import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
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

const libraryPage = 'docs/library.md'
const [makesDialect = ''] = commandLines(libraryPage, 'Your own dialect')
const pages = [libraryPage, 'docs/transactions.md']
const all = pages.flatMap((page) => snippets(page).map((snippet, index) => ({ page, snippet, number: index + 1 })))

for (const { page, snippet, number } of all) {
  test(`snippet ${number} of ${page} runs`, async (t) => {
    const folder = await projectFolder(t)
    assert.match(makesDialect, /^npx posthorn dialect new shop --yes$/)
    const args = [join(repository, 'src/posthorn.js'), ...makesDialect.split(' ').slice(2)]
    await promisify(execFile)(process.execPath, args, { cwd: folder, env: newcomerEnv })
    writeFileSync(join(folder, 'snippet.ts'), snippet)
    await runProgram(folder, [process.execPath, 'snippet.ts'], newcomerEnv)
  })
}

const withoutOpenssl = spawnSync('openssl', ['version']).status === 0 ? withoutBash : 'needs openssl'

for (const [section, number] of [
  ['Publish events', 0],
  ['Your own dialect', 1],
] as const) {
  test(`the program of the section ${section} prints what the page says`, { skip: withoutOpenssl }, async (t) => {
    const folder = await projectFolder(t)
    const [keys = ''] = commandLines(libraryPage, 'Publish events')
    assert.match(keys, /^export MASTER_KEY=/)
    const lines = commandLines(libraryPage, section)
    const [, file = ''] = /^npx node (.+\.ts)$/.exec(lines.at(-1) ?? '') ?? []
    writeFileSync(join(folder, file), snippets(libraryPage)[number] ?? '')
    const script = ['set -e', ...new Set([keys, ...lines])].join('\n')
    const { stdout } = await promisify(execFile)('bash', ['-c', script], { cwd: folder, env: newcomerEnv })
    const printed = codeBlocks(libraryPage).find((block) => block.section === section && block.language === 'text')
    const withoutIds = (text: string): string => text.replaceAll(/msg_\w+/g, 'msg_')
    assert.ok(withoutIds(stdout).endsWith(withoutIds(printed?.text ?? 'nothing is printed')), stdout)
  })
}
