// Folders of private files.

import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { makePrivateFolder } from './private-folder.ts'

const folder = mkdtempSync(join(tmpdir(), 'posthorn-folder-'))
after(() => rmSync(folder, { recursive: true }))

test('a folder is made with those above it, for their owner alone', () => {
  const path = join(folder, 'a', 'b')
  makePrivateFolder(path)
  makePrivateFolder(path)
  assert.equal(statSync(join(folder, 'a')).mode & 0o777, 0o700)
  assert.equal(statSync(path).mode & 0o777, 0o700)
})

test('a folder that cannot be made is an error', { skip: !existsSync('/proc/self') }, () => {
  writeFileSync(join(folder, 'file'), '')
  assert.throws(() => makePrivateFolder(join(folder, 'file', 'b')), { code: 'ENOTDIR' })
  assert.throws(() => makePrivateFolder('/proc/posthorn/data'), { code: 'ENOENT' })
})
