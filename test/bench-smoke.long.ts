// Benchmarks break unnoticed unless a test runs them: each scenario must finish at a tiny size.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { ownDialect, registry } from '../src/dialects/registry.ts'
import { commandLines, repository } from './support/documented.ts'

const entry = join(import.meta.dirname, '../bench/run.ts')
const timeoutMs = 240_000
/** NODES1 and NODES2 are NODES3 with fewer nodes. */
const figures = ['P1', 'P2', 'P3', 'P4', 'P5', 'P5-PG', 'P6', 'P7', 'P8', 'OVERLOAD', 'NODES3', 'STAGES']

void test('every benchmark runs at a tiny size and prints a ratio', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [entry, '--small', ...figures], { timeout: timeoutMs })
  assert.match(stdout, /^figure +ours +baseline +ratio/m)
  assert.match(stdout, /^P1 .* \d+\.\d\d +\d+\.\d\d–\d+\.\d\d +≥ 0\.75/m)
  assert.match(stdout, /^P2 .* \d+\.\d\d +\d+\.\d\d–\d+\.\d\d +≥ 0\.50/m)
  assert.match(stdout, /^P3 .* \d+\.\d\d +\d+\.\d\d–\d+\.\d\d +≥ 0\.65/m)
  for (const dialect of registry.map((one) => one.dialect.name).filter((name) => name !== ownDialect)) {
    assert.match(stdout, new RegExp(`^P3 ${dialect} .* requests/s$`, 'm'))
  }
  assert.match(stdout, /^P4 p50 .* ≤ 5 \w+ +ms$/m)
  assert.match(stdout, /^P4 p99 .* ≤ 50 \w+ +ms$/m)
  assert.match(stdout, /^P5 backlog .* ≥ 0\.90/m)
  assert.match(stdout, /^P5 endpoints .* ≥ 0\.90/m)
  assert.match(stdout, /^P5-PG backlog .* ≥ 0\.90/m)
  assert.match(stdout, /^P5-PG endpoints .* ≥ 0\.90/m)
  assert.match(stdout, /^P6 .* ≤ 300 \w+ +MiB$/m)
  assert.match(stdout, /^P7 rate .* ≥ 0\.90/m)
  assert.match(stdout, /^P7 p99 .* ≤ 1\.50/m)
  assert.match(stdout, /^P7 flood .* ≤ 1\.50/m)
  assert.match(stdout, /^P7 swift flood .* ≤ 1\.50/m)
  for (const kind of ['slow', 'hang', 'fail', 'swift']) {
    assert.match(stdout, new RegExp(`^P8 ${kind} .* ≤ 1\\.50`, 'm'))
  }
  assert.match(stdout, /^OVERLOAD .* \d+\.\d\d +\d+\.\d\d–\d+\.\d\d +– /m)
  assert.match(stdout, /^STAGES main: encode and sign .* µs\/event$/m)
  assert.match(stdout, /^STAGES store: commit .* µs\/event$/m)
  assert.match(stdout, /^NODES3 .* \d+\.\d\d +\d+\.\d\d–\d+\.\d\d +– /m)
})

const documented = commandLines('docs/performance.md', 'Measure on your machine').map((line) =>
  line.replace(/ +#.*/, ''),
)

void test('docs/performance.md has a line for all figures, at any size, and on PostgreSQL', () => {
  assert.deepEqual(
    documented.filter((line) => !line.includes('P1')),
    ['npm run bench', 'npm run bench -- --database postgres', 'npm run bench -- --small'],
  )
})

for (const line of documented.filter((one) => one.includes('P1'))) {
  void test(`${line} runs at a tiny size`, async () => {
    const own = `${line.replace('../before', '.')} --small`
    const { stdout } = await promisify(execFile)('bash', ['-c', own], { cwd: repository, timeout: timeoutMs })
    assert.match(stdout, /^P1 .* events\/s$/m)
  })
}
