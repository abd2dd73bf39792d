// Values that differ from run to run, replaced by stable ones of the same form.

import { createHash } from 'node:crypto'

export const hourMs = 3_600_000
/** 2026-01-31T09:00:00Z. */
const stableNow = 1_769_850_000_000
/** Times that are further away from the run are no times of the run. */
const nearMs = 10 * 86_400_000
/** Lists of texts and numbers are cut later than lists of objects, because they belong together. */
const items = { plain: 12, objects: 5, bytes: 4000 }

const lower = '0123456789abcdefghijklmnopqrstuvwxyz'
const time = /\b20\d\d-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d))?/g
const httpDate = /\b[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT/g
const unixTime = /\b1[6-9]\d{8}(?:\d{3})?\b/g
const ids = [
  /\b[\da-f]{8}-[\da-f]{4}-[1-9][\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}\b/g,
  // An id, a key or a secret behind its kind, such as `ep_`.
  /(?<=\b[a-z]{2,10}_)(?:[A-Za-z\d]{12,}|[A-Za-z\d+/]{20,}={0,2})/g,
  /\b[\da-f]{20,}\b/g,
  // A signature in base64.
  /(?<![A-Za-z\d+/])[A-Za-z\d+/]{43}=/g,
  // A random text: it has a digit, and letters of both cases.
  /(?<![\w/+-])(?![a-z]{2,10}_)(?=[\w-]*\d)(?=[\w-]*[a-z])(?=[\w-]*[A-Z])[\w-]{20,}(?![\w/+=-])/g,
]

/** @param places addresses of this run, with those that take their place, in the order in which they are replaced */
export function stableValues(value: unknown, places: readonly (readonly [string, string])[]): unknown {
  const started = Date.now()
  const known = new Map<string, string>()
  const likenessOf = (text: string): string => {
    const likeness = known.get(text) ?? alike(text, String(known.size))
    known.set(text, likeness)
    return likeness
  }
  /** Times of the run become one time. Earlier and later ones keep their distance, in minutes, and whole hours stay whole. */
  const timeOf = (ms: number): number => {
    const isWholeHour = ms % hourMs === 0
    const from = isWholeHour ? started - (started % hourMs) : started
    return stableNow + 60_000 * Math.round((ms - from) / 60_000)
  }
  const isNear = (ms: number): boolean => Math.abs(ms - started) < nearMs
  const textOf = (given: string): string => {
    const replaced = places.reduce((text, [from, to]) => text.replaceAll(from, to), given)
    const timed = replaced
      .replaceAll(time, (whole) => {
        if (!isNear(Date.parse(whole))) return whole
        const [date = '', clock = ''] = new Date(timeOf(Date.parse(whole))).toISOString().split(/[T.]/)
        const fraction = /\.\d+/.exec(whole)?.[0].replaceAll(/\d/g, '0') ?? ''
        return whole.length === 10 ? date : `${date}T${clock}${fraction}Z`
      })
      .replaceAll(httpDate, () => new Date(stableNow).toUTCString())
      .replaceAll(unixTime, (digits) => {
        const unit = digits.length === 10 ? 1000 : 1
        return isNear(Number(digits) * unit) ? String(timeOf(Number(digits) * unit) / unit) : digits
      })
    return ids.reduce((text, pattern) => text.replaceAll(pattern, likenessOf), timed)
  }
  const stable = (one: unknown, name = ''): unknown => {
    if (typeof one === 'string') return stableText(one, name)
    if (typeof one === 'number') return numberOf(one, name)
    // Test vectors are constants, and their signatures must verify.
    if (Array.isArray(one)) {
      if (name === 'vectors') return firstOf(one)
      // The headers of a request belong together.
      return (name === 'headers' ? one : firstOf(one)).map((item) => stable(item))
    }
    if (typeof one !== 'object' || one === null) return one
    return Object.fromEntries(Object.entries(one).map(([key, member]) => [textOf(key), stable(member, key)]))
  }
  const stableText = (text: string, name: string): string => {
    if (text.startsWith('-----BEGIN')) return text
    // The address of the machine.
    if (name === 'address') return '203.0.113.7'
    // The last letters of a key.
    if (name === 'hint') return [...known].find(([key]) => key.endsWith(text))?.[1].slice(-text.length) ?? text
    return textOf(text)
  }
  // A hint may stand before its key.
  stable(value)
  return stable(value)
}

function firstOf(list: readonly unknown[]): readonly unknown[] {
  if (list.every((item) => typeof item !== 'object')) return list.slice(0, items.plain)
  const few = list.slice(0, items.objects)
  return few.filter((_, at) => at === 0 || JSON.stringify(few.slice(0, at + 1)).length < items.bytes)
}

/** Durations and random numbers differ from run to run. */
function numberOf(value: number, name: string): number {
  if (value > 100_000_000 && Number.isSafeInteger(value)) return 123_456_789
  return name.endsWith('Ms') && value > 0 ? 12 : value
}

/** A text of the same length and alphabet, which depends on nothing else in it. */
function alike(text: string, seed: string): string {
  const bytes = createHash('sha512').update(seed).digest()
  const isUuid = text.length === 36 && text[8] === '-'
  const isLower = !/[A-Z]/.test(text)
  const alphabet = /^[\da-f-]+$/.test(text) ? '0123456789abcdef' : isLower ? lower : lower + lower.toUpperCase()
  return Array.from(text, (letter, at) => {
    // The dashes and the version of a UUID stay.
    if (letter === '=' || (isUuid && [8, 13, 14, 18, 23].includes(at))) return letter
    if (isUuid && at === 19) return 'a'
    return alphabet[(bytes[at % bytes.length] ?? 0) % alphabet.length] ?? ''
  }).join('')
}
