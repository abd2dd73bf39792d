// The power of the disk is cut when `posthorn backup` has ended, and when `posthorn restore` has ended. The backup is
// complete. The restored database is in place, and the database that was there before is beside it. The control flushes
// nothing and must lose them: otherwise the cut would prove nothing.

import assert from 'node:assert/strict'
import { existsSync, globSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { suite, test, type TestContext } from 'node:test'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { fillWithMany } from '../support/filled-installation.ts'
import { createLossyDisk, whyNoLossyDisk } from '../support/lossy-disk.ts'
import { main, run } from '../support/serve-run.ts'
import { nodeWithFault, whyNoStrace } from '../support/strace.ts'

const skip = whyNoLossyDisk() ?? false
const timeout = 120_000
/** Events of the database, and of the older backup that is restored over it. */
const [many, few] = [3_000, 100]

/** How many events each file has after the cut; null: the file is missing or malformed. */
interface Found {
  readonly backup: number | null
  readonly restored: number | null
  readonly aside: number | null
}

/** @param node the command that runs Node */
async function cutAfterEach(t: TestContext, node: readonly string[]): Promise<Found> {
  const disk = await createLossyDisk()
  t.after(() => disk.remove())
  const [database, older, copy] = ['posthorn.db', 'older.db', 'copy.db'].map((name) => join(disk.folder, name))
  const runAndCut = async (command: string, file = ''): Promise<void> => {
    const ended = run(t, tmpdir(), { POSTHORN_DATABASE: `sqlite:${database}` }, [...node, main, command, file])
    assert.equal(await ended.exited(), 0, ended.stderr())
    disk.cut()
    await disk.restore()
  }
  await fillWithMany(database ?? '', many)
  await fillWithMany(older ?? '', few)
  disk.flush()
  await runAndCut('backup', copy)
  const backup = await countEvents(copy)
  await runAndCut('restore', older)
  const [aside] = globSync(`${database}-before-*`, { exclude: (name) => name.endsWith('-wal') })
  return { backup, restored: await countEvents(database), aside: await countEvents(aside) }
}

async function countEvents(path = ''): Promise<number | null> {
  if (!existsSync(path)) return null
  try {
    // The start checks the file.
    await (await openSqliteStore(path)).close()
  } catch {
    return null
  }
  const db = new DatabaseSync(path, { readOnly: true })
  const row = db.prepare('SELECT count(*) AS count FROM events').get()
  db.close()
  return Number(row?.['count'])
}

void suite('a power cut after a command on files has ended', { concurrency: 2 }, () => {
  void test('loses neither the backup nor the restored database', { timeout, skip }, async (t) => {
    assert.deepEqual(await cutAfterEach(t, [process.execPath]), { backup: many, restored: few, aside: many })
  })

  void test(
    'control: without flushes it loses both',
    { timeout, skip: skip || (whyNoStrace() ?? false) },
    async (t) => {
      const noFlush = { calls: 'fsync,fdatasync', what: 'retval=0', when: '1+' }
      const { backup, restored } = await cutAfterEach(t, nodeWithFault(noFlush, '/dev/null'))
      t.diagnostic(JSON.stringify({ backup, restored }))
      assert.notEqual(backup, many)
      assert.notEqual(restored, few)
    },
  )
})
