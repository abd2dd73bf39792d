// Whether a database file and the write-ahead log beside it belong together. SQLite applies any log that it finds, and
// a log of another time or of another file leaves a malformed database.
//
// The writer (database.ts) keeps a mark in the file's header, in the field `application_id`. It is a random number that
// changes with every checkpoint:
// - An odd mark is stored before a checkpoint, so the file itself gets it. It says: the newest transactions are only in
//   the log.
// - The even mark, one less, is stored after the checkpoint, so it is the first page of the next log. It says: with
//   this page, all is in the file. SQLite copies it to the file if it closes the last connection or copies the database.
// A file that an older Posthorn wrote has the mark 0.

import { randomInt } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { StoreRefused } from '../../contracts/store.ts'

/** A new odd mark; one less is the even mark that follows it. */
export function newMark(): number {
  return randomInt(1, 2 ** 30) * 2 + 1
}

interface Header {
  readonly mark: number
  /** Changes with every change of the schema. SQLite also changes it in the copies that its own tools make. */
  readonly schemaCookie: number
}

const headerBytes = 100
const walHeaderBytes = 32
const frameHeaderBytes = 24

/**
 * Reads both files without SQLite, which would write to them. The caller has no connection to the file: the operating
 * system would drop its locks.
 *
 * @returns whether there is a log
 * @throws StoreRefused if the file is not a SQLite file, or if it and the log do not belong together
 */
export function checkPair(path: string): boolean {
  const file = openSync(path, 'r')
  let main: Header
  try {
    const bytes = read(file, 0, headerBytes)
    if (bytes.length < headerBytes) throw new StoreRefused(`the database ${path} has only ${bytes.length} bytes`)
    main = headerOf(bytes)
  } finally {
    closeSync(file)
  }
  const logged = headersInLog(`${path}-wal`)
  const isIncomplete = main.mark % 2 === 1
  if (logged === null) {
    if (!isIncomplete) return false
    throw new StoreRefused(
      `the newest transactions of ${path} are missing, because its write-ahead log ${path}-wal is missing: copy both files, or restore a backup`,
    )
  }
  if (!belongs(main, logged)) {
    throw new StoreRefused(
      `${path}-wal is not the write-ahead log of ${path}: put the right file beside the other, or restore a backup with posthorn restore`,
    )
  }
  return true
}

function belongs(main: Header, logged: readonly Header[]): boolean {
  const [first] = logged
  // Without the first page in it, a log has no mark: another program wrote it, or a power cut left only its header.
  if (first === undefined) return true
  // A start was interrupted before its first checkpoint.
  if (first.mark % 2 === 1 && main.mark % 2 === 0) return true
  const hasMark = main.mark === first.mark + 1 || logged.some(({ mark }) => mark === main.mark)
  const hasSchema = main.mark === 0 || logged.some(({ schemaCookie }) => schemaCookie === main.schemaCookie)
  return hasMark && hasSchema
}

/** The headers of the database in the committed frames of a log, in order. Null: there is no log. */
function headersInLog(path: string): Header[] | null {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
  try {
    const log = read(file, 0, walHeaderBytes)
    // The lowest bit of the magic number only tells the byte order of the checksums.
    if (log.length < walHeaderBytes || (log.readUInt32BE(0) & ~1) >>> 0 !== 0x377f0682) return null
    const frameBytes = frameHeaderBytes + log.readUInt32BE(8)
    const salts = log.subarray(16, 24)
    const committed: Header[] = []
    let pending: Header[] = []
    for (let at = walHeaderBytes; ; at += frameBytes) {
      const frame = read(file, at, frameHeaderBytes + headerBytes)
      // Frames with other salts are left from before SQLite began again at the start of the log.
      if (frame.length < frameHeaderBytes + headerBytes || !frame.subarray(8, 16).equals(salts)) return committed
      if (frame.readUInt32BE(0) === 1) pending.push(headerOf(frame.subarray(frameHeaderBytes)))
      const isCommit = frame.readUInt32BE(4) !== 0
      if (isCommit) {
        committed.push(...pending)
        pending = []
      }
    }
  } finally {
    closeSync(file)
  }
}

function headerOf(bytes: Buffer): Header {
  return { mark: bytes.readUInt32BE(68), schemaCookie: bytes.readUInt32BE(40) }
}

function read(file: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  return bytes.subarray(0, readSync(file, bytes, 0, length, position))
}
