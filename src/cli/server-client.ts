// The client of commands. Its errors say what to do if the server is away, or does not know the key.

import { type Client, createClient, PosthornError } from '../../packages/client/src/index.ts'
import type { ChosenServer } from './server-choice.ts'

export function clientOf({ url, key, from }: ChosenServer, retries: number): Client {
  const client = createClient({ url, key, retries })
  const request = async (...call: Parameters<Client['request']>): Promise<unknown> => {
    try {
      return await client.request(...call)
    } catch (error) {
      // The answer to the first bytes of TLS is none of TLS.
      if (systemCode(error) === 'ERR_SSL_WRONG_VERSION_NUMBER') {
        const message = `${url} does not speak https: try ${url.replace('https:', 'http:')}`
        throw new PosthornError(message, { code: 'unreachable' })
      }
      const advice = adviceOn(error, url, from)
      if (advice === null) throw error
      const failed = error as PosthornError
      throw new PosthornError(`${failed.message} ${advice}`, failed)
    }
  }
  return { ...client, request: request as Client['request'] }
}

/** Null: none is needed. */
function adviceOn(error: unknown, url: string, from: string): string | null {
  if (!(error instanceof PosthornError)) return null
  if (error.status === 401) return `The key comes from ${from}.`
  if (error.code !== 'unreachable') return null
  // So does a server that waits for TLS.
  const hasClosed = systemCode(error) === 'UND_ERR_SOCKET' && url.startsWith('http:')
  if (hasClosed) return `It closed the connection: if it speaks https, try ${url.replace('http:', 'https:')}.`
  return 'Is it running? posthorn serve starts it; --url, POSTHORN_URL or a profile of posthorn login names another one.'
}

/** The code of the innermost error. */
function systemCode(error: unknown): unknown {
  const { cause, code } = error as { readonly cause?: unknown; readonly code?: unknown }
  return cause instanceof Error ? systemCode(cause) : code
}
