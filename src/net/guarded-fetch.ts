import { Agent, fetch } from 'undici'
import type { Guard } from './guard.ts'

/** A `fetch` for Posthorn's own requests to other hosts. It uses the egress guard and refuses redirects. */
export function createGuardedFetch(guard: Guard): (url: string, options: object) => Promise<Response> {
  const dispatcher = new Agent({ connect: guard.connector })
  return async (url, options) => {
    return fetch(url, { ...options, dispatcher, redirect: 'error' })
  }
}
