// JSON text inside a value. A parser would change the bytes that were sent: big numbers, `1.0`, the order of members.

import { memberText } from '../http/raw-json.ts'

/** JSON text that `jsonTextOf` writes unchanged. */
export class JsonText {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** Writes an object, of which members may be JSON text. */
export function jsonTextOf(object: Readonly<Record<string, unknown>>): string {
  const members = Object.entries(object).map(
    ([name, value]) => `${JSON.stringify(name)}:${value instanceof JsonText ? value.text : JSON.stringify(value)}`,
  )
  return `{${members.join(',')}}`
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
