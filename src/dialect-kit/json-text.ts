// JSON text inside a value. A parser would change the bytes that were sent: big numbers, `1.0`, the order of members.

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
