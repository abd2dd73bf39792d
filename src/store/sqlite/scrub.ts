// Overwrites the unused bytes of a file. When SQLite moves the rows of a page, copies of rows may stay behind in the gap
// between the page's list of cells and its first cell, even with secure_delete. A page that becomes free while rows are
// added keeps all of them. A copy may outlive its row.
//
// The bytes are written to the file itself and not through SQLite, which reads no such bytes. The caller is the only writer,
// has copied the whole log into the file, and then makes SQLite drop its pages in memory.

import { fsyncSync, readSync, writeSync } from 'node:fs'

/** The first byte of a page with cells, and the size of the header that the byte begins. */
const headerBytes: Readonly<Record<number, number>> = { 2: 12, 5: 12, 10: 8, 13: 8 }
/** Places in the header of the file: the first page of the list of free pages, and a number if the file can be vacuumed. */
const [freeListAt, vacuumAt] = [32, 52]
const fileHeaderBytes = 100

/** Scrubs the pages [first, first + count) of an open file. Page 1, which holds only the schema, is left out. */
export function scrub(file: number, pageBytes: number, first: number, count: number): void {
  const header = Buffer.alloc(fileHeaderBytes)
  readSync(file, header, 0, header.length, 0)
  const hasMaps = header.readUInt32BE(vacuumAt) !== 0
  const free = freePages(file, pageBytes, header.readUInt32BE(freeListAt))
  const bytes = Buffer.alloc(count * pageBytes)
  const length = readSync(file, bytes, 0, bytes.length, (first - 1) * pageBytes)
  const zeros = Buffer.alloc(pageBytes)
  let isWritten = false
  for (let at = 0; at + pageBytes <= length; at += pageBytes) {
    const number = first + at / pageBytes
    const page = bytes.subarray(at, at + pageBytes)
    if (hasMaps && isMap(number, pageBytes)) continue
    const used = free.get(number)
    const unused = used === undefined ? gapOf(page) : page.subarray(used)
    if (unused === null || unused.equals(zeros.subarray(0, unused.length))) continue
    unused.fill(0)
    writeSync(file, unused, 0, unused.length, (first - 1) * pageBytes + unused.byteOffset - bytes.byteOffset)
    isWritten = true
  }
  if (isWritten) fsyncSync(file)
}

/**
 * Whether a page is a pointer map, where the file can be vacuumed: page 2, and each one after the pages that a map has
 * entries of five bytes for. A map may begin like a page with cells.
 */
function isMap(page: number, pageBytes: number): boolean {
  return (page - 2) % (Math.floor(pageBytes / 5) + 1) === 0
}

/** The free pages, with the number of bytes that each needs: pages of the list name the next one, and other free pages. */
function freePages(file: number, pageBytes: number, first: number): ReadonlyMap<number, number> {
  const free = new Map<number, number>()
  const page = Buffer.alloc(pageBytes)
  for (let number = first; number !== 0 && !free.has(number); number = page.readUInt32BE(0)) {
    if (readSync(file, page, 0, pageBytes, (number - 1) * pageBytes) < pageBytes) break
    const end = 8 + 4 * page.readUInt32BE(4)
    free.set(number, end)
    for (let at = 8; at < end; at += 4) free.set(page.readUInt32BE(at), 0)
  }
  return free
}

/** The gap of a page; null: the page has no cells. Pages of other kinds begin with 0 in files of less than 128 GiB. */
function gapOf(page: Buffer): Buffer | null {
  const header = headerBytes[page[0] as number]
  if (header === undefined) return null
  const cells = page.readUInt16BE(3)
  const begin = header + 2 * cells
  const end = page.readUInt16BE(5)
  if (begin > end || end > page.length) return null
  for (let at = header; at < begin; at += 2) if (page.readUInt16BE(at) < end) return null
  return page.subarray(begin, end)
}
