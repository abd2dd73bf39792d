// The URLs of the other pages of a list.

export interface AskedPage {
  readonly url: string
  readonly publicUrl: string
}

/** The URL of the request with other parameters. Null: the parameter is left out. */
export function urlWith(request: AskedPage, parameters: Readonly<Record<string, string | null>>): string {
  const [path = '', query] = request.url.split('?')
  const all = new URLSearchParams(query)
  for (const [name, value] of Object.entries(parameters)) {
    if (value === null) all.delete(name)
    else all.set(name, value)
  }
  return `${request.publicUrl}${path}?${all.toString()}`
}

/** The header `Link` (RFC 8288): a URL by the relation of its page. Null: there is no such page. */
export function linkHeader(links: Readonly<Record<string, string | null>>): Readonly<Record<string, string>> {
  const parts = Object.entries(links).flatMap(([rel, url]) => (url === null ? [] : [`<${url}>; rel="${rel}"`]))
  return parts.length === 0 ? {} : { link: parts.join(', ') }
}
