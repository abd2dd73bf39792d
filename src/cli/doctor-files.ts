// `posthorn doctor`: the SQLite file, the files beside it, and their disk.

import { accessSync, constants, existsSync, readdirSync, readFileSync, statfsSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { settingTable, type Settings } from '../config/settings.ts'
import { checkFile } from '../store/sqlite/database-file.ts'
import { isLocked } from '../store/sqlite/errors.ts'
import { checkPair } from '../store/sqlite/wal-pair.ts'
import { proof, readProof } from '../vault/master-key.ts'
import { createVault } from '../vault/vault.ts'
import { fault, type Finding, messageOf, ok, skipped, warning } from './finding.ts'

const gigabyte = 1e9
const diskFaultBytes = 0.1 * gigabyte
const diskWarningBytes = gigabyte
const clockSlackMs = 60_000
const keyFiles: readonly string[] = ['operator-key', 'master-key']

/** File systems of networks: the locks and the shared memory of SQLite do not work there. By the number of statfs. */
const networkFileSystems: Readonly<Record<number, string>> = {
  0x6969: 'NFS',
  0x517b: 'SMB',
  0xff534d42: 'CIFS',
  0xfe534d42: 'SMB2',
  0x01021997: '9P',
}

export function examineFile(path: string, settings: Pick<Settings, 'masterKey'>): readonly Finding[] {
  const folder = dirname(resolve(path))
  const existing = firstExisting(folder)
  return [
    writable(existing, folder),
    ...disk(existing, path),
    ...modes(folder, path),
    ...clock(path),
    ...(existsSync(path) ? content(path, settings) : [ok('database', `${path} is created by the first start`)]),
  ]
}

function firstExisting(folder: string): string {
  return existsSync(folder) ? folder : firstExisting(dirname(folder))
}

function writable(existing: string, folder: string): Finding {
  try {
    accessSync(existing, constants.W_OK | constants.X_OK)
    return ok('folder', existing === folder ? `${folder} can be written` : `${folder} is created by the first start`)
  } catch {
    return fault(
      'folder',
      `this user cannot write to ${existing}`,
      `give ${existing} to the user of the service (chown)`,
    )
  }
}

function disk(existing: string, path: string): readonly Finding[] {
  const { bavail, bsize, type } = statfsSync(existing)
  const free = bavail * bsize
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  const found = `${(free / gigabyte).toFixed(1)} GB are free, the database has ${(size / gigabyte).toFixed(1)} GB`
  const todo = 'free or add space; a full disk makes Posthorn answer 503 until there is room'
  const network = networkFileSystems[type]
  return [
    free < diskFaultBytes
      ? fault('disk', found, todo)
      : free < Math.max(diskWarningBytes, size)
        ? warning('disk', found, todo)
        : ok('disk', found),
    ...(network === undefined
      ? []
      : [fault('disk', `the database is on ${network}`, 'put the SQLite file on a local disk, or use PostgreSQL')]),
  ]
}

/** Only the owner may read the database and the keys. */
function modes(folder: string, path: string): readonly Finding[] {
  if (process.platform === 'win32' || !existsSync(folder)) return []
  const ours = readdirSync(folder).filter((name) => name.startsWith(basename(path)) || keyFiles.includes(name))
  const wrong = ours.flatMap((name): Finding[] => {
    const file = join(folder, name)
    const { mode, uid, nlink } = statSync(file)
    if ((mode & 0o077) !== 0) {
      return [fault('file modes', `other users can read ${file}`, `chmod 600 ${file}`)]
    }
    if (uid !== process.geteuid?.() && uid !== 0) {
      return [
        fault('file modes', `${file} belongs to the user ${uid}`, 'run doctor as the user of the service, or chown it'),
      ]
    }
    if (nlink > 1) {
      return [
        fault('file modes', `${file} has ${nlink} hard links`, 'remove the other names: another process may use one'),
      ]
    }
    return []
  })
  if (wrong.length > 0 || ours.length === 0) return wrong
  return [ok('file modes', `only their owner can read the ${ours.length} files in ${folder}`)]
}

/** A file that was written in the future shows that the clock was set back. */
function clock(path: string): readonly Finding[] {
  const newest = Math.max(
    ...['', '-wal'].map((suffix) => statSync(path + suffix, { throwIfNoEntry: false })?.mtimeMs ?? 0),
  )
  const ahead = newest - Date.now()
  if (newest === 0) return []
  if (ahead <= clockSlackMs)
    return [ok('clock', `${new Date().toISOString()}, not before the last write of the database`)]
  const found = `it is ${new Date().toISOString()}, and the database was written ${Math.round(ahead / 1000)} s after that`
  return [fault('clock', found, 'set the clock of this machine, and let NTP keep it')]
}

function content(path: string, settings: Pick<Settings, 'masterKey'>): readonly Finding[] {
  if (isInUse(path)) return [skipped('database', `${path} is in use by a running service, which checked it`)]
  try {
    // To look into the file, SQLite would have to write the index of the log.
    if (checkPair(path))
      return [ok('database', `${path}: file and log belong together; the next start applies the log`)]
    const installation = checkFile(path)
    return [ok('database', `${path} is sound`), masterKey(path, settings, installation?.get(proof.name))]
  } catch (error) {
    return [fault('database', messageOf(error), 'docs/operating.md, "The database fails", says how to go on')]
  }
}

/** Whether a service holds the lock of the file. */
function isInUse(path: string): boolean {
  if (!existsSync(`${path}-lock`)) return false
  try {
    const lock = new DatabaseSync(`${path}-lock`, { readOnly: true, timeout: 0 })
    try {
      lock.prepare('SELECT count(*) FROM sqlite_schema').get()
    } finally {
      lock.close()
    }
    return false
  } catch (error) {
    return isLocked(error)
  }
}

function masterKey(
  path: string,
  { masterKey: given }: Pick<Settings, 'masterKey'>,
  sealed: string | undefined,
): Finding {
  const file = join(dirname(path), 'master-key')
  const check = 'master key'
  try {
    if (given === null && !existsSync(file)) {
      return fault(check, `${file} is missing, and POSTHORN_MASTER_KEY is not set`, 'restore the key from its backup')
    }
    const keys = given ?? settingTable.masterKey.parse(readFileSync(file, 'utf8').trim())
    if (sealed !== undefined) readProof(createVault(keys), sealed)
    return ok(check, `it is the one of the database; keep a copy of it apart from the backups`)
  } catch (error) {
    return fault(check, messageOf(error), 'restore the key from its backup: no other key opens the secrets')
  }
}
