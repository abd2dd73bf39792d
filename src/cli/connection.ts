// The calls of commands to a server.

import { CommandFailed } from './faults.ts'
import { safe } from './output.ts'
import type { Profile } from './profiles.ts'

type QueryValue = string | number | boolean | readonly string[] | undefined

export interface Call {
  /** Members that are undefined are left out. */
  readonly query?: Readonly<Record<string, QueryValue>>
  /** Sent as JSON. */
  readonly body?: unknown
  /** Ends the call. Default: a call ends after 60 s. */
  readonly signal?: AbortSignal
}

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

const callMsMax = 60_000

/** The server refused a call. `code` is the stable code of its problem. */
export class Refused extends CommandFailed {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

export class Connection {
  readonly url: string
  readonly #key: string

  constructor({ url, key }: Profile) {
    this.url = url.replace(/\/+$/, '')
    this.#key = key
  }

  /** Returns the body of the answer. @throws CommandFailed the server cannot be reached; Refused */
  async request<Body>(method: Method, path: string, call: Call = {}): Promise<Body> {
    const response = await this.open(method, path, { signal: AbortSignal.timeout(callMsMax), ...call })
    const text = await response.text().catch((error: unknown) => {
      throw unreachable(this.url, error)
    })
    return (text === '' ? null : JSON.parse(text)) as Body
  }

  /** Returns the answer before its body has arrived. @throws CommandFailed, Refused */
  async open(method: Method, path: string, { query = {}, body, signal }: Call = {}): Promise<Response> {
    const url = new URL(`${this.url}${path}`)
    for (const [name, value] of Object.entries(query)) {
      for (const one of value === undefined ? [] : [value].flat()) url.searchParams.append(name, String(one))
    }
    const headers = {
      authorization: `Bearer ${this.#key}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    }
    const init = {
      method,
      headers,
      redirect: 'manual' as const,
      body: body === undefined ? null : JSON.stringify(body),
    }
    const response = await fetch(url, { ...init, signal: signal ?? null }).catch((error: unknown) => {
      throw unreachable(this.url, error)
    })
    if (response.ok) return response
    throw await refusalOf(this.url, response)
  }
}

/** A path whose values are encoded. */
export function pathTo(pieces: TemplateStringsArray, ...values: readonly string[]): string {
  return String.raw({ raw: pieces }, ...values.map((value) => encodeURIComponent(value)))
}

function unreachable(url: string, error: unknown): CommandFailed {
  const { cause, name } = error as { readonly cause?: unknown; readonly name?: string }
  if (name === 'AbortError') return new CommandFailed('stopped')
  const reason = cause instanceof Error ? cause.message || (cause as NodeJS.ErrnoException).code : String(error)
  return new CommandFailed(`${url} cannot be reached: ${safe(String(reason))}`)
}

async function refusalOf(url: string, response: Response): Promise<Refused> {
  const text = await response.text().catch(() => '')
  try {
    const { code, detail } = JSON.parse(text) as { readonly code: unknown; readonly detail: unknown }
    if (typeof code === 'string') return new Refused(response.status, code, safe(`${String(detail)} (${code})`))
  } catch {
    // It is not an answer of Posthorn.
  }
  return new Refused(response.status, '', `${url} answers ${response.status}, and not as Posthorn does`)
}
