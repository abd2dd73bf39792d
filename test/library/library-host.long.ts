// The process of a host: a thread of the database that dies does not end it, and Posthorn changes nothing of it.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { runFolder } from '../support/serve-run.ts'
import { weakenedBy } from '../support/server-process.ts'

test('the host survives the death of a thread, ends by itself, and is as it was before', async (t) => {
  const env = { PATH: process.env['PATH'], ...weakenedBy('watched-flags.ts', 'dying-sqlite.ts') }
  const script = join(import.meta.dirname, 'host.ts')
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [script, await runFolder(t)], {
    env,
    timeout: 60_000,
  })
  const seen = JSON.parse(stdout) as Record<'before' | 'after' | 'refusals' | 'lines', unknown>
  // A change of V8's flags would be here.
  assert.equal(stderr, '')
  assert.deepEqual(seen.after, seen.before)
  assert.deepEqual(seen.refusals, ['unavailable'])
  assert.match(String((seen.lines as string[])[0]), /the thread dies.*Posthorn starts again/)
})
