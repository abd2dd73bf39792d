import type { Endpoint } from '../domain/endpoint.ts'

interface Rendered<More> {
  readonly more: More
  readonly text: string
}

/**
 * Writes endpoints as JSON text and caches the text of each endpoint object: a changed endpoint is another object.
 * `more` is an immutable value that the response shows too. The text is written again for another `more`. `fixed` is a
 * value that every call for the endpoint has in common, for example its dialect.
 */
export function renderOnce<More = void, Fixed = void>(
  shape: (endpoint: Endpoint, more: More, fixed: Fixed) => unknown,
): (endpoint: Endpoint, more: More, fixed: Fixed) => string {
  const last = new WeakMap<Endpoint, Rendered<More>>()
  return (endpoint, more, fixed) => {
    const known = last.get(endpoint)
    if (known !== undefined && known.more === more) return known.text
    const text = JSON.stringify(shape(endpoint, more, fixed))
    last.set(endpoint, { more, text })
    return text
  }
}
