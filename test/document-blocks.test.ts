// A test that is named here runs each block of code of the documents, or a reason says why no test does. A block without a place in the
// lists fails.

import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { codeBlocks, repository } from './support/documented.ts'

/** A document, a section of it, how many of its blocks are meant, and the test or the reason. */
type Row = readonly [document: string, section: string, blocks: number, testOrReason: string]

/** The blocks that a test runs, compiles or compares. */
const run: readonly Row[] = [
  ['README.md', 'Start', 5, 'test/readme.long.ts'],
  ['README.md', 'You already have a webhook API? Keep it', 3, 'test/readme.long.ts'],
  ['docs/api-reference.md', 'Run the examples', 2, 'test/docs-examples.long.ts'],
  ['docs/command-line.md', 'Completion', 1, 'test/cli/completion.long.ts'],
  ['docs/deploy.md', 'Prometheus and Grafana', 2, 'test/deploy-page.test.ts'],
  ['docs/dialects.md', '1. An empty dialect', 2, 'test/dialect-docs.long.ts'],
  ['docs/dialects.md', '2. Fields', 1, 'test/dialect-docs.long.ts'],
  ['docs/dialects.md', '3. Routes', 1, 'test/dialect-docs.long.ts'],
  ['docs/dialects.md', '4. Errors', 1, 'test/dialect-docs.long.ts'],
  ['docs/dialects.md', '5. Deliveries', 1, 'test/dialect-docs.long.ts'],
  ['docs/dialects.md', '6. Check it', 2, 'test/dialect-docs.long.ts'],
  ['docs/dialects.md', '7. Serve it', 3, 'test/dialect-docs.long.ts'],
  ['docs/dialects.md', '8. A verified delivery', 3, 'test/dialect-docs.long.ts'],
  ['docs/dialects.md', 'Draft one', 2, 'test/dialect-docs.long.ts'],
  ['docs/dialects.md', 'The second witness', 1, 'test/dialect-docs.long.ts'],
  ['docs/dialects.md', 'The second witness', 1, 'test/snippet-types.long.ts'],
  ['docs/dialects.md', "Compare it with the vendor's document", 1, 'test/dialect-docs.long.ts'],
  ['docs/library.md', 'Types', 1, 'test/support/packed.ts'],
  ['docs/library.md', 'Publish events', 3, 'test/library/library-page.long.ts'],
  ['docs/library.md', 'Your own dialect', 3, 'test/library/library-page.long.ts'],
  ['docs/library.md', 'Serve the APIs', 2, 'test/library/library-page.long.ts'],
  ['docs/library.md', 'Tests', 1, 'test/library/library-page.long.ts'],
  ['docs/operating.md', 'A listener for the operator', 1, 'test/operating.long.ts'],
  ['docs/operating.md', 'Operator keys', 1, 'test/operating.long.ts'],
  ['docs/operating.md', 'Egress proxy', 1, 'test/operating.long.ts'],
  ['docs/operating.md', 'Traces', 1, 'test/operating.long.ts'],
  ['docs/operating.md', 'Watch it live', 1, 'test/stream.long.ts'],
  ['docs/operating.md', 'Operational events', 1, 'test/operating.long.ts'],
  ['docs/operating.md', 'Back up', 1, 'test/operating.long.ts'],
  ['docs/operating.md', 'Restore', 1, 'test/operating.long.ts'],
  ['docs/operating.md', 'Move', 1, 'test/operating.long.ts'],
  ['docs/operating.md', 'Convert a file of an older version', 1, 'test/operating.long.ts'],
  ['docs/operating.md', 'Move from SQLite to PostgreSQL', 2, 'test/operating.long.ts'],
  ['docs/operating.md', 'Audit records', 1, 'test/operating.long.ts'],
  ['docs/operating.md', 'Statistics', 1, 'test/operating.long.ts'],
  ['docs/operating.md', 'Send failed deliveries again', 2, 'test/replays.long.ts'],
  ['docs/performance.md', 'Measure on your machine', 1, 'test/bench-smoke.long.ts'],
  ['docs/polling.md', 'Polling endpoints', 1, 'test/polling-page.test.ts'],
  ['docs/portal.md', 'Make a link', 1, 'test/portal/portal-page.long.ts'],
  ['docs/portal.md', 'Embed it', 1, 'test/portal/portal-page.long.ts'],
  ['docs/portal.md', 'Embed it', 1, 'test/documents.test.ts'],
  // test/receiver-snippets.long.ts runs the code to which this test compares the page.
  ['docs/receiving.md', 'JavaScript', 1, 'test/receiving-page.test.ts'],
  ['docs/receiving.md', 'Python', 1, 'test/receiving-page.test.ts'],
  ['docs/receiving.md', 'Go', 1, 'test/receiving-page.test.ts'],
  ['docs/receiving.md', 'Ruby', 1, 'test/receiving-page.test.ts'],
  ['docs/receiving.md', 'PHP', 1, 'test/receiving-page.test.ts'],
  ['docs/receiving.md', 'Java', 1, 'test/receiving-page.test.ts'],
  ['docs/receiving.md', 'Ready handlers', 1, 'test/receiving-page.test.ts'],
  ['docs/receiving.md', 'Ready handlers', 3, 'test/verify/programs.long.ts'],
  ['docs/receiving.md', 'Try it', 4, 'test/receiving-page.long.ts'],
  ['docs/receiving.md', 'Verifying in other places', 1, 'test/receiving-page.test.ts'],
  ['docs/scaling.md', 'Run several nodes', 1, 'test/scaling-page.long.ts'],
  ['docs/scaling.md', 'Several processes on one port', 1, 'test/scaling-page.long.ts'],
  ['docs/scaling.md', 'Failover', 3, 'test/scaling-page.long.ts'],
  ['docs/scaling.md', 'With Patroni', 1, 'test/scaling-page.long.ts'],
  ['docs/scaling.md', 'With Patroni', 2, 'test/support/patroni.ts'],
  ['docs/transactions.md', 'Publish in your own transaction', 6, 'test/transactions-page.long.ts'],
  ['docs/transactions.md', 'From the library', 1, 'test/transactions-page.long.ts'],
  ['docs/transactions.md', 'On SQLite', 1, 'test/library/library-page.long.ts'],
  ['docs/transactions.md', 'Allow it', 1, 'test/transactions-page.long.ts'],
  ['docs/transactions.md', 'Events that cannot be accepted', 3, 'test/transactions-page.long.ts'],
  ['packages/client/README.md', '@posthorn/client', 1, 'test/client/client.test.ts'],
  ['packages/verify/README.md', '@posthorn/verify', 1, 'test/receiving-page.test.ts'],
  // This test compares them to those of docs/receiving.md.
  ['packages/verify/README.md', 'Handlers of web frameworks', 3, 'test/receiving-page.test.ts'],
]

/** The blocks that no test runs. */
const notRun: readonly Row[] = [
  ['README.md', 'Test', 1, 'the tests themselves'],
  ['docs/deploy.md', 'Container image', 2, 'needs a container engine and a registry'],
  ['docs/deploy.md', 'Compose', 2, 'needs a container engine'],
  ['docs/deploy.md', 'Kubernetes', 1, 'needs a cluster'],
  ['docs/deploy.md', 'systemd', 1, 'creates a user and a service of the machine'],
  ['docs/library.md', 'Posthorn as a library', 1, 'installs from npm, where Posthorn is not yet'],
  ['docs/library.md', 'Types', 1, 'installs from npm'],
  ['docs/operating.md', 'Container', 1, 'needs a container engine'],
  ['docs/reliability.md', 'Run the tests', 1, 'the tests themselves'],
  [
    'docs/scaling.md',
    'With Patroni',
    2,
    'one installs on five machines; test/crash/patroni.long.ts does the switchover',
  ],
]

/** Pages of which one test takes all fenced blocks. */
const wholePages: Readonly<Record<string, string>> = {
  'docs/api-reference.md': 'test/docs-examples.long.ts',
  'docs/command-line.md': 'test/cli/examples.long.ts',
  'docs/dialect-forms.md': 'test/snippet-types.long.ts',
  'docs/dialect-reference.md': 'test/dialect-docs.long.ts',
}

const documents = globSync('{*,{docs,packages,test,bench,examples,src,ui}/**/*}.md', {
  cwd: repository,
  exclude: ['**/node_modules/**', '**/dist/**'],
})

const blocks = documents.flatMap((document) =>
  codeBlocks(document)
    .filter(({ language }) => language !== 'mermaid' && (language === null || !(document in wholePages)))
    .map((block) => ({ ...block, place: `${document}: ${block.section}` })),
)

test('every block of code has a place in a list, and every place in a list has its blocks', () => {
  const there: Record<string, number> = {}
  for (const { place } of blocks) there[place] = (there[place] ?? 0) + 1
  const listed: Record<string, number> = {}
  for (const [document, section, count] of [...run, ...notRun]) {
    const place = `${document}: ${section}`
    listed[place] = (listed[place] ?? 0) + count
  }
  assert.deepEqual(listed, there)
})

test('every test in a list exists and names its document', () => {
  const named = [...run.map(([document, , , file]) => [document, file] as const), ...Object.entries(wholePages)]
  assert.deepEqual(
    named.filter(([document, file]) => !readFileSync(join(repository, file), 'utf8').includes(document)),
    [],
  )
})

test('every script of npm in a block exists', () => {
  const { scripts } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as { readonly scripts: object }
  const called = blocks.flatMap(({ text }) => [...text.matchAll(/\bnpm run ([\w:]+)/g)].map(([, name = '']) => name))
  assert.ok(called.length > 5)
  assert.deepEqual(
    called.filter((name) => !(name in scripts)),
    [],
  )
})
