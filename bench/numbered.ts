// Events have a number in their data, so that a post and its delivery can be matched without parsing either.

export const numberName = 'number'
export const numberMark = `"${numberName}":"`
export const numberDigits = 9

export function digitsOf(number: number): string {
  return String(number).padStart(numberDigits, '0')
}

/** The number between the offsets `start` and `end`, or null if there is none. */
export function numberIn(bytes: Buffer, start: number, end: number): number | null {
  const mark = bytes.indexOf(numberMark, start, 'latin1')
  if (mark === -1 || mark >= end) return null
  const from = mark + numberMark.length
  return Number(bytes.toString('latin1', from, from + numberDigits))
}
