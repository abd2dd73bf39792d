// Texts that are planted to be looked for.

import { randomBytes } from 'node:crypto'

/** One that nothing else holds. */
export function mark(what: string): string {
  return `${what.replaceAll(' ', '-')}-${randomBytes(12).toString('hex')}`
}

/** The names of the marks that the bytes hold: as they are, in hexadecimal, in base64, or as what they are base64 of. */
export function found(bytes: Buffer, marks: ReadonlyMap<string, string>): string[] {
  return [...marks].flatMap(([name, text]) => {
    const plain = Buffer.from(text)
    const decoded = Buffer.from(text.replace(/^whsec_/, ''), 'base64')
    const forms: (string | Buffer)[] = [plain, plain.toString('hex'), plain.toString('base64').replace(/.=*$/, '')]
    return [...forms, ...(decoded.length >= 16 ? [decoded] : [])].some((form) => bytes.includes(form)) ? [name] : []
  })
}
