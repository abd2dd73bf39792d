// Benchmarks rot unseen unless something runs them: each scenario, at a tiny size, must come to its end.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

const entry = join(import.meta.dirname, '../bench/run.ts')
const timeoutMs = 120_000

void test('every benchmark runs at a tiny size and prints a ratio', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [entry, '--small'], { timeout: timeoutMs })
  assert.match(stdout, /^figure +ours +baseline +ratio/m)
  assert.match(stdout, /^P1 .* \d+\.\d\d +\d+\.\d\d–\d+\.\d\d +≥ 0\.65/m)
  assert.match(stdout, /^P2 .* \d+\.\d\d +\d+\.\d\d–\d+\.\d\d +≥ 0\.40/m)
  assert.match(stdout, /^NODES3 .* \d+\.\d\d +\d+\.\d\d–\d+\.\d\d +– /m)
})
