// JSON text inside a value. A parser would change the bytes that were sent: big numbers, `1.0`, the order of members.

import { memberText } from '../../http/raw-json.ts'

/** JSON text that `jsonTextOf` writes unchanged. */
export class JsonText {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** Writes a value, of which parts may be JSON text. Members that are undefined are left out. */
export function jsonTextOf(value: unknown): string {
  if (value instanceof JsonText) return value.text
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(jsonTextOf).join(',')}]`
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${jsonTextOf(member)}`).join(',')}}`
}

/** The JSON text at a path of object members, byte for byte; `null` if there is none. */
export function jsonAt(json: string, names: readonly string[]): string {
  let found: string | null = json
  for (const name of names) {
    found = found.trimStart().startsWith('{') ? memberText(found, name) : null
    if (found === null) return 'null'
  }
  return found
}

/** The value as plain text: a JSON string without its quotes; null: the JSON value is null. */
export function textOfJson(json: string): string | null {
  if (json === 'null') return null
  return json.startsWith('"') ? (JSON.parse(json) as string) : json
}

export function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
