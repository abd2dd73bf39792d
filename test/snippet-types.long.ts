// TypeScript checks the parts of dialects in docs/dialect-forms.md and in the section "The second witness" of docs/dialects.md: each
// is put into a definition, with the names that `posthorn/dialect` exports. It also checks the snippets of packages/client/README.md,
// packages/verify/README.md and docs/receiving.md.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import * as kit from '../src/dialect-kit/index.ts'
import { codeBlocks, projectFolder, repository, snippets } from './support/documented.ts'

const witness = codeBlocks('docs/dialects.md').find(
  ({ section, language }) => section === 'The second witness' && language === 'ts',
)
const fragments = [...snippets('docs/dialect-forms.md'), witness?.text ?? '']

const imports = `import { ${Object.keys(kit).join(', ')}, type DialectDefinition } from 'posthorn/dialect'`

/** The part of a definition to which a fragment belongs, by the beginning of the fragment. All others are fields of an endpoint. */
const parts: readonly (readonly [beginning: RegExp, part: (fragment: string) => string])[] = [
  [/^(?:endpoint|examples):/, (fragment) => fragment],
  [/^(?:body|outcomes|timeout|wants):/, (fragment) => `deliveries: { ...rest.deliveries, ${fragment} }`],
  [/^'[A-Z]+ +\//, (fragment) => `routes: { ${fragment} }`],
  [/^/, (fragment) => `endpoint: { ${fragment} }`],
]

/** A file with a fragment of a dialect. */
function fileOf(fragment: string): string {
  if (fragment.startsWith('import ')) return fragment
  if (fragment.startsWith('const ')) return `${imports}\n${fragment}`
  const [, part] = parts.find(([beginning]) => beginning.test(fragment)) ?? assert.fail()
  return `${imports}
    declare const rest: DialectDefinition
    export const definition: DialectDefinition = { ...rest, ${part(fragment)} }`
}

/** The snippets of other pages, with the names that their readers have. */
function files(): readonly string[] {
  const [verifying] = snippets('packages/verify/README.md')
  const elsewhere = snippets('docs/receiving.md').at(-1)
  return [
    ...snippets('packages/client/README.md'),
    `${verifying}\ndeclare const request: Request, rawBody: Uint8Array`,
    `${elsewhere}\ndeclare const request: Request, secret: string`,
  ]
}

test('TypeScript takes every snippet, and refuses each fragment with a wrong option', async (t) => {
  assert.ok(fragments.length > 16 && fragments.every((fragment) => fragment !== ''))
  const folder = await projectFolder(t)
  copyFileSync(join(repository, 'test/tutorial/acme.ts'), join(folder, 'acme.ts'))
  for (const [index, text] of files().entries()) writeFileSync(join(folder, `snippet-${index}.ts`), text)
  for (const [index, fragment] of fragments.entries()) {
    writeFileSync(join(folder, `fragment-${index}.ts`), fileOf(fragment))
    writeFileSync(join(folder, `wrong-${index}.ts`), fileOf(fragment.replace(/(?<=[{,] )\w+(?=:)/, 'misspelt')))
  }
  const config = {
    extends: join(repository, 'tsconfig.json'),
    compilerOptions: { noUnusedLocals: false, noUnusedParameters: false },
    // The modules of the service extend types of Fastify, which the kit uses.
    include: ['*.ts', 'src/app.ts'],
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const tsc = join(repository, 'node_modules/typescript/bin/tsc')
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', folder], { cwd: folder, encoding: 'utf8' })
  const faults = stdout.split(/\n(?! )/).filter((line) => line !== '')
  assert.deepEqual(
    faults.filter((line) => !line.startsWith('wrong-')),
    [],
  )
  const refused = new Set(faults.map((line) => Number(/^wrong-(\d+)/.exec(line)?.[1])))
  // The members of a body are the vendor's own words.
  const taken = fragments.filter((fragment, index) => !refused.has(index) && !fragment.startsWith('body:'))
  assert.deepEqual(taken, [])
})
