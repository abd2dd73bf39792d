// `posthorn dialect check`: the shipped dialects pass, and the exit codes are for machines.

import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { openSite } from '../src/testing/site.ts'
import { checkDialect } from '../src/dialect-check/check-dialect.ts'
import { DefinedDialect } from '../src/dialect-kit/define-dialect.ts'
import { registry } from '../src/dialects/registry.ts'
import { dialectCommand } from './support/dialect-command.ts'

const root = new URL('..', import.meta.url).pathname
const folder = await mkdtemp(join(tmpdir(), 'posthorn-check-'))
after(() => rm(folder, { recursive: true }))

suite('a shipped dialect passes:', { concurrency: 5 }, () => {
  const site = openSite(registry)
  after(async () => (await site).close())
  for (const defined of registry.filter((one) => one instanceof DefinedDialect)) {
    test(defined.dialect.name, async () => {
      const results = await checkDialect(defined, await site)
      assert.deepEqual(
        results.filter(({ faults }) => faults.length > 0),
        [],
      )
    })
  }
})

suite('the command', { concurrency: 3 }, () => {
  test('ends with 0 for a good dialect, in any folder, also if its file has a timer', async () => {
    const file = await storedCopy('good.ts', (text) => `${text}\nsetInterval(() => {}, 1000)\n`)
    const { code, stdout } = await dialectCommand(['check', file])
    assert.equal(code, 0, stdout)
    assert.match(stdout, /^acme: (\d+) of \1 checks passed\n$/)
  })

  test('ends with 1 for a bad one, and names the faults', async () => {
    const file = await storedCopy('bad.ts', (text) =>
      text.replace('order: event.data', 'order: computed(() => Date.now())'),
    )
    const { code, stdout } = await dialectCommand(['check', file])
    assert.equal(code, 1)
    assert.match(
      stdout,
      /✗.* bodies are the same at any time, and carry the data as posted\n.* the body of order\.paid is another one a second later/s,
    )
    assert.match(stdout, /acme: \d+ of \d+ checks passed\n$/)
  })

  test('prints few faults for a function that always throws', async () => {
    const file = await storedCopy('throws.ts', (text) =>
      text.replace(
        /body: \(\{ code.*$/m,
        'body: (facts) => (facts.request.url === "/" ? { ...facts } : JSON.parse("{")),',
      ),
    )
    const { code, stdout } = await dialectCommand(['check', file])
    assert.equal(code, 1)
    assert.match(stdout, /the dialect acme failed in errors: SyntaxError at throws\.ts:\d+\n/)
    assert.match(stdout, / {6}… and \d+ more faults of this check\n/)
    assert.ok(stdout.split('\n').length < 22, stdout)
  })

  test('ends with 1 for a file that cannot be loaded, with one line', async () => {
    const file = await storedCopy('broken.ts', () => 'export default 1')
    const { code, stderr } = await dialectCommand(['check', file])
    assert.equal(code, 1)
    assert.match(
      stderr,
      /^posthorn: the dialect file \S+broken\.ts must have defineDialect\(\{…\}\) as its default export\n$/,
    )
  })

  test('ends with 1 for a dialect with a path of the operator API', async () => {
    const file = await storedCopy('own.ts', (text) => text.replace('`/${name}/hooks`', "'/v1/events'"))
    const { code, stderr } = await dialectCommand(['check', file])
    assert.equal(code, 1)
    assert.match(stderr, /^posthorn: .*own\.ts.* routes\["\w+ \/v1\/events\S*"\]: is a path of Posthorn itself: .*\n$/)
  })

  test('ends with 1 for a file that ends the process, when it is loaded or later', async () => {
    for (const [name, change] of [
      ['exits.ts', (text: string) => `process.exit()\n${text}`],
      ['hangs.ts', (text: string) => `${text}\nawait new Promise(() => {})`],
      ['later.ts', (text: string) => text.replace('order: event.data', 'order: computed(() => process.exit(0))')],
    ] as const) {
      const { code, stderr } = await dialectCommand(['check', await storedCopy(name, change)])
      assert.equal(code, 1, name)
      assert.match(stderr, new RegExp(`^posthorn: the dialect file \\S+${name} ends the process$`, 'm'))
    }
  })

  test('ends with 2 for a wrong call', async () => {
    for (const args of [
      ['check'],
      ['check', './nowhere.ts'],
      ['cheque', './acme.ts'],
      ['check', './a', './b'],
      ['check', '.'],
    ]) {
      const { code, stderr } = await dialectCommand(args)
      assert.equal(code, 2, stderr)
      assert.match(stderr, /^posthorn: [^\n]+\n$/)
    }
  })
})

/** A dialect in a file of the operator, made of the product that tests plant faults in. */
async function storedCopy(name: string, change: (text: string) => string): Promise<string> {
  const text = (await readFile(join(root, 'test/support/acme.ts'), 'utf8'))
    .replace("'../../src/dialect-kit/index.ts'", "'posthorn/dialect'")
    .replace('  body,\n', '  body,\n  computed,\n  defineDialect,\n')
  const file = join(folder, name)
  await writeFile(file, change(`${text}\nexport default defineDialect(acme('acme'))\n`))
  return file
}
