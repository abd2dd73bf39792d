// Headers as people paste them: lines of a request, the options of curl, JSON, or an object or a list as Node prints it.

export interface PastedHeaders {
  /** By name in lower case. The values of a repeated header are joined by a comma, as HTTP does. */
  readonly headers: Readonly<Record<string, string>>
  /** Lines that are no headers. */
  readonly odd: readonly string[]
}

export function pastedHeaders(text: string): PastedHeaders {
  const headers: Record<string, string> = Object.create(null) as Record<string, string>
  const odd: string[] = []
  const add = (name: string, value: string): void => {
    const key = name.toLowerCase()
    headers[key] = headers[key] === undefined ? value : `${headers[key]}, ${value}`
  }
  const printed = printedHeaders(text)
  if (printed !== null) {
    for (const [name, value] of printed) add(name, value)
    return { headers, odd }
  }
  for (const line of text.split(/\r?\n/)) {
    const trimmed = line.trim()
    const isRequestLine = /^[A-Z]+ \S+ HTTP\/[\d.]+$/.test(trimmed)
    if (trimmed === '' || isRequestLine) continue
    const options = [...trimmed.matchAll(curlOption)].map(([, , option = '']) => option.replaceAll('\\"', '"'))
    for (const bare of options.length === 0 ? [trimmed] : options) {
      const [, name, value = ''] = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):\s*(.*)$/.exec(bare) ?? []
      if (name === undefined) odd.push(bare)
      else add(name, value)
    }
  }
  return { headers, odd }
}

const curlOption = /(?:^|\s)(?:-H|--header)[\s=]*(['"])((?:\\.|(?!\1).)*)\1(?=\s|$)/g

/** Names and values; null: the text is no object and no list. */
function printedHeaders(text: string): readonly (readonly [string, string])[] | null {
  const value = literalOf(text.trim().replace(beforeLiteral, ''))
  if (typeof value !== 'object' || value === null) return null
  if (!Array.isArray(value)) {
    return Object.entries(value).flatMap(([name, one]) =>
      [one as unknown].flat().map((each) => [name, String(each)] as const),
    )
  }
  // Node's `rawHeaders`: each name is followed by its value. Or pairs, as `[...headers]` has them.
  const texts = value.flat().map(String)
  if (texts.length % 2 === 1) return null
  return texts.flatMap((name, index) => (index % 2 === 0 ? [[name, texts[index + 1] ?? ''] as const] : []))
}

/** The words before a printed object: its class, or the name of the member that holds it. */
const beforeLiteral = /^(?:(?:Headers|(?:raw)?headers:|\[Object: null prototype\])\s*)+(?=[{[])/i
const literalPart =
  /'((?:[^'\\]|\\.)*)'|`((?:[^`\\]|\\.)*)`|"(?:[^"\\]|\\.)*"|([A-Za-z_$][\w$]*)(?=\s*:)|,(?=\s*[}\]])/g

/** The value of JSON, or of an object or a list as Node prints it; null: the text is neither. */
function literalOf(text: string): unknown {
  if (!/^[{[]/.test(text)) return null
  const json = text.replaceAll(literalPart, (part, single?: string, tick?: string, key?: string) => {
    if (part === ',') return ''
    const inner = single ?? tick ?? key
    return inner === undefined ? part : JSON.stringify(inner.replaceAll(/\\(.)/g, '$1'))
  })
  try {
    return JSON.parse(json) as unknown
  } catch {
    return null
  }
}
