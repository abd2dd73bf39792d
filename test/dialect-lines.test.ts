// A dialect is a file of at most 120 lines, comments, the catalogue of events and the vendor's examples apart.

import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

const linesMax = 120
const root = new URL('..', import.meta.url).pathname

/**
 * Lines of code. The catalogue is the object `events`, or a name that is imported from `events.ts`. The examples are the
 * object `examples`, or a name that is imported from `examples.ts`.
 */
function linesOf(source: string): number {
  const catalogue =
    /^( *)(?:const )?(?:events|examples)(?::| =|: Examples =) \{\n.*?^\1\},?\n|^ *(?:events|examples)(?:: \w+)?,\n|^import .* from '\.\/(?:events|examples)\.ts'\n/gms
  const code = source.replaceAll(catalogue, '').replaceAll(/\/\*\*.*?\*\//gs, '')
  return code.split('\n').filter((line) => !/^\s*(?:\/\/.*)?$/.test(line)).length
}

test('lines are counted without comments, the catalogue and the examples', () => {
  const source = `// A comment\n\nimport { eventsOfA } from './events.ts'\ndefineDialect({\n  events: {\n    'a.b': 'A',\n  },\n  /** More. */\n  name: 'a', // Why\n  events: eventsOfA,\n  examples,\n})\n`
  assert.equal(linesOf(source), 3)
})

const dialects = globSync(['src/dialects/*/*.ts', 'examples/dialects/*.ts'], { cwd: root })
  .map((path) => ({ path, source: readFileSync(`${root}${path}`, 'utf8') }))
  .filter(({ path, source }) => !path.endsWith('.test.ts') && source.includes('defineDialect('))

test('there are dialects', () => {
  assert.ok(dialects.length >= 5, String(dialects.length))
})

for (const { path, source } of dialects) {
  test(`${path} has at most ${linesMax} lines`, () => {
    assert.ok(linesOf(source) <= linesMax, `${linesOf(source)} lines`)
  })
}
