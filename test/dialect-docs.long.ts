// The commands of docs/dialects.md, in their order: first those of the tutorial, as a newcomer runs them, with a file that is put
// together from the page.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { openSite } from '../src/testing/site.ts'
import { defineDialect } from '../src/dialect-kit/index.ts'
import { registry } from '../src/dialects/registry.ts'
import { acme } from './support/acme.ts'
import { dialectCommand } from './support/dialect-command.ts'
import { until } from './support/api-rig.ts'
import { dialectReference, referencePage } from './support/dialect-reference.ts'
import {
  answers,
  background,
  commandLines,
  copyOfProject,
  newcomerEnv,
  repository,
  withoutCurl,
} from './support/documented.ts'
import { freePort } from './support/server-process.ts'

test('a draft from a document passes the check, and departs from the document in nothing', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-docs-'))
  t.after(() => rm(folder, { recursive: true }))
  const site = await openSite([...registry, defineDialect(acme('acme'))])
  const document = await (await fetch(`${site.url}/openapi/acme.json`)).text()
  await site.close()
  await writeFile(join(folder, 'openapi.yaml'), document)

  const [questions = '', draft = ''] = commandLines('docs/dialects.md', 'Draft one')
  const [check = ''] = commandLines('docs/dialects.md', 'The second witness')
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

const page = readFileSync(join(repository, 'docs/dialects.md'), 'utf8')
const [tutorial = ''] = page.split('## Serve your own file')

/** The blocks of code of the tutorial, in their order. */
function blocksOf(language: string): string[] {
  return [...tutorial.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].map(([, code = '']) => code)
}

test('docs/dialect-reference.md is that of the code: `node test/support/dialect-reference.ts` writes it', () => {
  const text = dialectReference()
  for (const part of ['### webhooks.create', '### Field', 'The deadline of an attempt.'])
    assert.ok(text.includes(part), part)
  assert.equal(readFileSync(referencePage, 'utf8'), text)
})

test('the file of the tutorial is the one whose types are checked', () => {
  assert.equal(blocksOf('ts').join(''), readFileSync(join(repository, 'test/tutorial/acme.ts'), 'utf8'))
})

test('the tutorial ends with a verified delivery', { skip: withoutCurl, timeout: 120_000 }, async (t) => {
  const folder = copyOfProject(t)
  writeFileSync(join(folder, 'acme.ts'), blocksOf('ts').join(''))
  writeFileSync(
    join(folder, 'receiver.mjs'),
    blocksOf('js')
      .join('')
      .replace('4090', String(await portFor(4090))),
  )
  const linesOf = async (heading: string) => {
    const [service, receiver] = [await portFor(4080), await portFor(4090)]
    return commandLines('docs/dialects.md', heading).map((line) =>
      line.replaceAll('4080', String(service)).replaceAll('4090', String(receiver)),
    )
  }
  const run = (lines: readonly string[]) =>
    promisify(execFile)('bash', ['-c', `set -e\n${lines.join('\n')}\n`], { cwd: folder, env: newcomerEnv })

  const checked = await run(await linesOf('6. Check it'))
  const [passed = ''] = /acme: \d+ of \d+ checks passed/.exec(checked.stdout) ?? []
  assert.ok(passed !== '' && page.includes(passed), checked.stdout)

  const [start = '', ...asOperator] = await linesOf('7. Serve it')
  assert.match(start, /npm start -- --dialect/)
  background(t, folder, `POSTHORN_PORT=${await portFor(4080)} ${start}`)
  const health = `http://127.0.0.1:${await portFor(4080)}/healthz`
  await until(() => answers(health), 'the service answers', 30_000)
  const [receiver = '', wait = '', post = '', kill = ''] = await linesOf('8. A verified delivery')
  assert.match(kill, /^kill /)
  // A newcomer looks at the delivery before the receiver is stopped.
  const { stdout } = await run([...asOperator, receiver, wait, post, 'sleep 2', kill])
  assert.match(
    stdout,
    /\bverified: \{"id":"evt_\w+","topic":"order\.paid","at":\d+,"order":\{"id":"order_1","total":4200\}\}/,
  )
  assert.doesNotMatch(stdout, /not verified/)
})

const ports = new Map<number, Promise<number>>()

/** The free port in place of one of the page. */
function portFor(documented: number): Promise<number> {
  const port = ports.get(documented) ?? freePort()
  ports.set(documented, port)
  return port
}
