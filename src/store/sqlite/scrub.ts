// Overwrites the unused bytes of pages. When SQLite moves the rows of a page, copies of rows may stay behind in the gap
// between the page's list of cells and its first cell, even with secure_delete. A copy may outlive its row.
//
// The bytes are written to the file itself and not through SQLite, which reads no gap. The caller is the only writer, has
// copied the whole log into the file, and then makes SQLite drop its pages in memory.

import { fsyncSync, readSync, writeSync } from 'node:fs'

/** The first byte of a page with cells, and the size of the header that the byte begins. */
const headerBytes: Readonly<Record<number, number>> = { 2: 12, 5: 12, 10: 8, 13: 8 }

/** Scrubs the pages [first, first + count) of an open file. Page 1, which holds only the schema, is left out. */
export function scrub(file: number, pageBytes: number, first: number, count: number): void {
  const bytes = Buffer.alloc(count * pageBytes)
  const length = readSync(file, bytes, 0, bytes.length, (first - 1) * pageBytes)
  const zeros = Buffer.alloc(pageBytes)
  let isWritten = false
  for (let at = 0; at + pageBytes <= length; at += pageBytes) {
    const gap = gapOf(bytes.subarray(at, at + pageBytes))
    if (gap === null || gap.equals(zeros.subarray(0, gap.length))) continue
    gap.fill(0)
    writeSync(file, gap, 0, gap.length, (first - 1) * pageBytes + gap.byteOffset - bytes.byteOffset)
    isWritten = true
  }
  if (isWritten) fsyncSync(file)
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
