/** The header section of a response. Names are in lower case; lines that are no header are left out. */
export class ResponseHead {
  /** False: a line breaks the standard. It was still understood, or left out. */
  readonly isRegular: boolean
  readonly #names: string[] = []
  readonly #values: string[] = []

  /** @param lines without their line feeds */
  constructor(lines: readonly string[]) {
    let isRegular = true
    for (const raw of lines) {
      const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw
      if (line === '') continue
      if (!this.#add(line) || line.length === raw.length) isRegular = false
    }
    this.isRegular = isRegular
  }

  /** The value of a header; several are joined with commas, as the standard allows; null: there is none. */
  get(name: string): string | null {
    let found: string | null = null
    for (let index = 0; index < this.#names.length; index += 1) {
      if (this.#names[index] !== name) continue
      found = found === null ? (this.#values[index] as string) : `${found}, ${this.#values[index]}`
    }
    return found
  }

  /** How often a header occurs. */
  count(name: string): number {
    return this.#names.reduce((count, own) => (own === name ? count + 1 : count), 0)
  }

  toRecord(): Record<string, string> {
    return Object.fromEntries(this.#names.map((name) => [name, this.get(name) as string]))
  }

  /** False: the line breaks the standard. */
  #add(line: string): boolean {
    if (line[0] === ' ' || line[0] === '\t') {
      // A folded line continues the value before it.
      const last = this.#values.length - 1
      if (last >= 0) this.#values[last] = `${this.#values[last]} ${line.trim()}`.trim()
      return false
    }
    const colon = line.indexOf(':')
    if (colon === -1) return false
    const name = line.slice(0, colon)
    const trimmed = name.trim()
    if (!token.test(trimmed)) return false
    this.#names.push(trimmed.toLowerCase())
    this.#values.push(line.slice(colon + 1).trim())
    return trimmed.length === name.length
  }
}

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
