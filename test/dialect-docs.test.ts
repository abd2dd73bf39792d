// The commands of docs/dialects.md, in their order, in a folder of an author.

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openSite } from '../src/cli/dialect-site.ts'
import { defineDialect } from '../src/dialect-kit/index.ts'
import { registry } from '../src/dialects/registry.ts'
import { acme } from './support/acme.ts'
import { dialectCommand } from './support/dialect-command.ts'
import { commandLines } from './support/documented.ts'

test('a draft from a document passes the check, and departs from the document in nothing', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-docs-'))
  t.after(() => rm(folder, { recursive: true }))
  const site = await openSite([...registry, defineDialect(acme('acme'))])
  const document = await (await fetch(`${site.url}/openapi/acme.json`)).text()
  await site.close()
  await writeFile(join(folder, 'openapi.yaml'), document)

  const [questions = '', draft = ''] = commandLines('docs/dialects.md', 'Draft one')
  const [check = ''] = commandLines('docs/dialects.md', 'Check it')
  const [diff = ''] = commandLines('docs/dialects.md', "Compare it with the vendor's document")
  const run = async (line: string) => {
    const [, args] = /^npm exec -- posthorn dialect (.+)$/.exec(line) ?? assert.fail(line)
    return dialectCommand((args ?? '').split(' '), folder)
  }
  // The questions need a terminal.
  assert.equal((await run(questions)).code, 2)
  assert.ok(!existsSync(join(folder, 'acme.ts')))
  for (const line of [draft, check, diff]) {
    const { code, stdout, stderr } = await run(line)
    assert.equal(code, 0, `${line}\n${stdout}${stderr}`)
  }
})
