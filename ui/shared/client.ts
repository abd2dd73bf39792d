// Calls to the service that served the page. Every failure is an ApiProblem.

import { useSyncExternalStore } from 'react'
import { jsonTextOf } from './json-text.ts'

/** The body of a refusal, RFC 9457. */
interface ProblemBody {
  readonly code?: string
  readonly detail?: string
  readonly requestId?: string
  readonly errors?: readonly { readonly field: string; readonly message: string }[]
}

export class ApiProblem extends Error {
  override readonly name = 'ApiProblem'
  /** The HTTP status; 0: no answer came. */
  readonly status: number
  /** The stable code of the API, such as `not_found`. */
  readonly code: string
  /** The messages of fields, by the field's name. */
  readonly fields: ReadonlyMap<string, string>
  readonly requestId: string | null
  /** The body of the answer. */
  readonly text: string

  /** @param text the body of the answer, a problem of RFC 9457 or anything else */
  constructor(status: number, text: string) {
    const { code = 'unreadable', detail, requestId, errors = [] } = problemOf(text)
    super(detail ?? `The answer has the status ${status}.`)
    this.status = status
    this.text = text
    this.code = code
    this.fields = new Map(errors.map(({ field, message }) => [field, message]))
    this.requestId = requestId ?? null
  }

  /** Whether the same call may succeed later. */
  get isTemporary(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500
  }
}

export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | null | undefined>>

export interface CallOptions {
  /** Entries that are null, undefined or empty are left out; a list is sent as several parameters. */
  readonly query?: Query
  /** Sent as JSON. */
  readonly body?: unknown
  readonly signal?: AbortSignal
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** Returns the JSON of the answer; null: it has no body. @throws ApiProblem */
export async function call<Answer>(method: Method, path: string, options: CallOptions = {}): Promise<Answer> {
  const response = await send(method, path, options)
  const text = await response.text().catch(noAnswer)
  return (text === '' ? null : JSON.parse(text)) as Answer
}

/** Returns an answer with a status below 300. @throws ApiProblem */
export async function send(method: Method, path: string, { query, body, signal }: CallOptions): Promise<Response> {
  const response = await fetch(path + queryText(query), {
    method,
    // A page of another origin cannot send this header, so that the session counts for our own page only.
    headers: { 'posthorn-page': '1', ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: jsonTextOf(body) }),
    ...(signal && { signal }),
  }).catch(noAnswer)
  report(true)
  if (response.status < 300) return response
  if (response.status === 401) for (const listener of refusedListeners) listener(path)
  throw new ApiProblem(response.status, await response.text().catch(noAnswer))
}

function problemOf(text: string): ProblemBody {
  try {
    return (JSON.parse(text) as ProblemBody | null) ?? {}
  } catch {
    return {}
  }
}

function noAnswer(error: unknown): never {
  if (error instanceof DOMException && error.name === 'AbortError') throw error
  report(false)
  throw new ApiProblem(0, JSON.stringify({ code: 'unreachable', detail: 'The service cannot be reached.' }))
}

export function queryText(query: Query = {}): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    const values = typeof value === 'object' && value !== null ? value : [value]
    for (const one of values) if (one !== null && one !== undefined && one !== '') search.append(name, String(one))
  }
  const text = search.toString()
  return text === '' ? '' : `?${text}`
}

let isReachable = true
const listeners = new Set<() => void>()

function report(answered: boolean): void {
  if (answered === isReachable) return
  isReachable = answered
  for (const listener of listeners) listener()
}

/** Whether the last call got an answer. */
export function useReachable(): boolean {
  return useSyncExternalStore(listen, () => isReachable)
}

function listen(listener: () => void): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

const refusedListeners = new Set<(path: string) => void>()

/** Calls `listener` with the path of each call that is refused because there is no session. Returns the end of that. */
export function onRefused(listener: (path: string) => void): () => void {
  refusedListeners.add(listener)
  return () => void refusedListeners.delete(listener)
}
