import type { Endpoint } from '../domain/endpoint.ts'

interface Rendered<More> {
  readonly more: More
  readonly text: string
}

/**
 * Writes endpoints as JSON text and caches the text of each endpoint object: a changed endpoint is another object.
 * `more` is an immutable value that the response shows too. The text is written again for another `more`.
 */
export function renderOnce<More = void>(
  shape: (endpoint: Endpoint, more: More) => unknown,
): (endpoint: Endpoint, more: More) => string {
  const last = new WeakMap<Endpoint, Rendered<More>>()
  return (endpoint, more) => {
    const known = last.get(endpoint)
    if (known !== undefined && known.more === more) return known.text
    const text = JSON.stringify(shape(endpoint, more))
    last.set(endpoint, { more, text })
    return text
  }
}
