import type { Endpoint } from './types.ts'

/** The name of an endpoint for people: its URL, or that it is polled. */
export function targetOf({ id, url }: Pick<Endpoint, 'id' | 'url'>): string {
  return url ?? `polling: ${id}`
}
