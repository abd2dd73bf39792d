// Headers as people paste them: lines of a request, the options of curl, or JSON.

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
  const json = jsonHeaders(text)
  if (json !== null) {
    for (const [name, value] of json) add(name, value)
    return { headers, odd }
  }
  for (const line of text.split(/\r?\n/)) {
    const trimmed = line.trim()
    const isRequestLine = /^[A-Z]+ \S+ HTTP\/[\d.]+$/.test(trimmed)
    if (trimmed === '' || isRequestLine) continue
    const bare = /^(?:-H|--header)\s+(['"])(.*)\1\s*\\?$/.exec(trimmed)?.[2] ?? trimmed
    const [, name, value = ''] = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):\s*(.*)$/.exec(bare) ?? []
    if (name === undefined) odd.push(trimmed)
    else add(name, value)
  }
  return { headers, odd }
}

/** Names and values; null: the text is not a JSON object. */
function jsonHeaders(text: string): readonly (readonly [string, string])[] | null {
  try {
    const value = JSON.parse(text) as unknown
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
    return Object.entries(value).flatMap(([name, one]) =>
      (Array.isArray(one) ? one : [one]).map((each) => [name, String(each)] as const),
    )
  } catch {
    return null
  }
}
