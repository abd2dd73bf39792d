import { Agent, fetch } from 'undici'
import type { Guard } from './guard.ts'

/** A `fetch` for what Posthorn itself must read elsewhere: through the egress guard, and never redirected. */
export function createGuardedFetch(guard: Guard): (url: string, options: object) => Promise<Response> {
  const dispatcher = new Agent({ connect: guard.connector })
  return async (url, options) => {
    return fetch(url, { ...options, dispatcher, redirect: 'error' })
  }
}
