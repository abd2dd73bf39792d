// Finds values in JSON text without rebuilding them. The data of an event is delivered byte for byte: a round trip
// through JSON.parse would change big numbers, `1.0`, duplicate keys and the order of keys that look like integers.
// All functions except `nestsDeeperThan` and `mayHoldOddText` need text that JSON.parse has accepted.

const quote = 0x22
const backslash = 0x5c
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d
const comma = 0x2c
const colon = 0x3a

/** Whether objects and arrays nest deeper than `depthMax`. Accepts any text, JSON or not. */
export function nestsDeeperThan(text: string, depthMax: number): boolean {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === quote) at = endOfString(text, at) - 1
    else if (code === openBrace || code === openBracket) {
      if (++depth > depthMax) return true
    } else if (code === closeBrace || code === closeBracket) depth -= 1
  }
  return false
}

/** The text of the last member `name` of the object that starts at `start`; null if there is none. */
export function memberText(text: string, name: string, start = 0): string | null {
  let found: string | null = null
  eachMember(text, start, (key, from, to) => {
    if (key === name) found = text.slice(from, to)
  })
  return found
}

/** The texts of the elements of an array. */
export function elementTexts(array: string): string[] {
  const elements: string[] = []
  let at = skipSpace(array, skipSpace(array, 0) + 1)
  while (array.charCodeAt(at) !== closeBracket) {
    const end = endOfValue(array, at)
    elements.push(array.slice(at, end))
    at = skipSpace(array, end)
    if (array.charCodeAt(at) === comma) at = skipSpace(array, at + 1)
  }
  return elements
}

function eachMember(text: string, start: number, visit: (key: string, from: number, to: number) => void): void {
  let at = skipSpace(text, skipSpace(text, start) + 1)
  while (text.charCodeAt(at) !== closeBrace) {
    const keyEnd = endOfString(text, at)
    const raw = text.slice(at + 1, keyEnd - 1)
    const key = raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw
    at = skipSpace(text, keyEnd)
    if (text.charCodeAt(at) === colon) at = skipSpace(text, at + 1)
    const end = endOfValue(text, at)
    visit(key, at, end)
    at = skipSpace(text, end)
    if (text.charCodeAt(at) === comma) at = skipSpace(text, at + 1)
  }
}

function endOfValue(text: string, start: number): number {
  const first = text.charCodeAt(start)
  if (first === quote) return endOfString(text, start)
  if (first !== openBrace && first !== openBracket) {
    let at = start
    while (at < text.length && !endsPrimitive(text.charCodeAt(at))) at += 1
    return at
  }
  let depth = 0
  for (let at = start; ; at++) {
    const code = text.charCodeAt(at)
    if (code === quote) at = endOfString(text, at) - 1
    else if (code === openBrace || code === openBracket) depth += 1
    else if ((code === closeBrace || code === closeBracket) && --depth === 0) return at + 1
  }
}

/** The index after the closing quote, or the end of the text if there is no closing quote. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let slashes = 0
    while (text.charCodeAt(at - 1 - slashes) === backslash) slashes += 1
    if (slashes % 2 === 0) return at + 1
  }
  return text.length
}

function skipSpace(text: string, start: number): number {
  let at = start
  while (isSpace(text.charCodeAt(at))) at += 1
  return at
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09
}

function endsPrimitive(code: number): boolean {
  return code === comma || code === closeBrace || code === closeBracket || isSpace(code)
}

/**
 * Whether a string of the text may hold characters that no database stores: NUL, or half of a surrogate pair. Both can
 * only be written as escapes.
 */
export function mayHoldOddText(text: string): boolean {
  return /\\u(?:0000|d[89a-f])/i.test(text)
}
