/** A part of a body that is sent as its text stands: parsing it would round numbers and drop repeated names. */
export class JsonText {
  readonly text: string

  /** @param text JSON */
  constructor(text: string) {
    this.text = text
  }
}

/** The JSON of a body. @param indent the spaces of a level */
export function jsonTextOf(body: unknown, indent?: number): string {
  const texts: string[] = []
  const marked = JSON.stringify(
    body,
    (_name, value: unknown) => (value instanceof JsonText ? `\0${texts.push(value.text) - 1}\0` : value),
    indent,
  )
  return marked.replaceAll(/"\\u0000(\d+)\\u0000"/g, (mark, index: string) => texts[Number(index)] ?? mark)
}
