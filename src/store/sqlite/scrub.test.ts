// Scrubbing a file that SQLite has written: no copy of a removed row is left, and the file stays whole.

import assert from 'node:assert/strict'
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { suite, test, type TestContext } from 'node:test'
import { limits } from '../../domain/limits.ts'
import { temporaryFolder } from '../../../test/conformance/store/temporary-folder.ts'
import { scrub } from './scrub.ts'

const pageBytes = limits.databasePageBytes
const mark = 'planted'

/** A file in which many pages are free, with copies of removed rows; among them those of a pointer map's first entries. */
async function fill(t: TestContext, vacuumMode: string): Promise<string> {
  const path = join(await temporaryFolder(t), 'file.db')
  const db = new DatabaseSync(path)
  db.exec(
    `PRAGMA auto_vacuum = ${vacuumMode}; PRAGMA secure_delete = FAST; CREATE TABLE rows (id INTEGER PRIMARY KEY, text)`,
  )
  const add = db.prepare('INSERT INTO rows VALUES (?, ?)')
  db.exec('BEGIN')
  for (let id = 0; id < 1500; id++) add.run(id, mark + 'x'.repeat(3500))
  db.exec('COMMIT; UPDATE rows SET text = substr(text, 8) WHERE id < 700 OR id >= 1100')
  db.exec('DELETE FROM rows WHERE id >= 700 AND id < 1100')
  db.close()
  return path
}

function scrubAll(path: string): void {
  const file = openSync(path, 'r+')
  for (let first = 2; first < 2000; first += 500) scrub(file, pageBytes, first, 500)
  closeSync(file)
}

function checked(path: string, vacuum = ''): unknown {
  const db = new DatabaseSync(path)
  db.exec(vacuum)
  const [row] = db.prepare('PRAGMA integrity_check').all()
  db.close()
  return row?.['integrity_check']
}

suite('a scrubbed file', () => {
  for (const vacuumMode of ['INCREMENTAL', 'NONE']) {
    test(`is whole, and has no copy in its free pages, with the vacuum mode ${vacuumMode}`, async (t) => {
      const path = await fill(t, vacuumMode)
      assert.ok(readFileSync(path).includes(mark))
      scrubAll(path)
      assert.equal(checked(path), 'ok')
      assert.ok(!readFileSync(path).includes(mark))
      assert.equal(checked(path, 'PRAGMA incremental_vacuum(1000)'), 'ok')
    })
  }

  test('has no copy in the gap of a page that would be a map, if the file has no maps', async (t) => {
    const path = await fill(t, 'NONE')
    const file = openSync(path, 'r+')
    assert.equal(readFileSync(path)[pageBytes], 5, 'page 2 has cells')
    writeSync(file, mark, pageBytes + 200)
    closeSync(file)
    scrubAll(path)
    assert.ok(!readFileSync(path).includes(mark))
    assert.equal(checked(path), 'ok')
  })
})
