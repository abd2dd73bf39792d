// Marks: unique texts that a test plants in secrets and payloads, and searches for in logs, responses and databases.

import { randomBytes } from 'node:crypto'

/** Returns a text that occurs nowhere else. */
export function mark(what: string): string {
  return `${what.replaceAll(' ', '-')}-${randomBytes(12).toString('hex')}`
}

/** The names of the marks in the bytes: as plain text, in hexadecimal, in base64, or decoded if a mark is base64. */
export function found(bytes: Buffer, marks: ReadonlyMap<string, string>): string[] {
  return [...marks].flatMap(([name, text]) => {
    const plain = Buffer.from(text)
    const decoded = Buffer.from(text.replace(/^whsec_/, ''), 'base64')
    const forms: (string | Buffer)[] = [plain, plain.toString('hex'), plain.toString('base64').replace(/.=*$/, '')]
    return [...forms, ...(decoded.length >= 16 ? [decoded] : [])].some((form) => bytes.includes(form)) ? [name] : []
  })
}
