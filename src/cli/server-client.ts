// The client of commands. Its errors say what to do if the server is away, or does not know the key.

import { type Client, createClient, PosthornError } from '../../packages/client/src/index.ts'
import type { ChosenServer } from './server-choice.ts'

export function clientOf({ url, key, from }: ChosenServer, retries: number): Client {
  const client = createClient({ url, key, retries })
  const request = async (...call: Parameters<Client['request']>): Promise<unknown> => {
    try {
      return await client.request(...call)
    } catch (error) {
      const advice = adviceOn(error, from)
      if (advice === null) throw error
      const failed = error as PosthornError
      throw new PosthornError(`${failed.message} ${advice}`, failed)
    }
  }
  return { ...client, request: request as Client['request'] }
}

/** Null: none is needed. */
function adviceOn(error: unknown, from: string): string | null {
  if (!(error instanceof PosthornError)) return null
  if (error.status === 401) return `The key comes from ${from}.`
  if (error.code !== 'unreachable') return null
  return 'Is it running? posthorn serve starts it; --url, POSTHORN_URL or a profile of posthorn login names another one.'
}
