import type { Endpoint } from '../domain/endpoint.ts'

interface Rendered<More> {
  readonly more: More
  readonly text: string
}

/**
 * Writes an endpoint as JSON text, once: a changed endpoint is another object. `more` is what the answer shows besides,
 * an immutable value too: with another one it is written again.
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
