// A client of the operator API: calls that are typed by the OpenAPI document, and repeated where that is safe.

import { errorOf, PosthornError } from './errors.ts'
import type { Operations } from './generated.ts'

export interface ClientOptions {
  /** Where the server is, for example `https://webhooks.example.com`. */
  readonly url: string
  /** An operator key, or an API key of a customer of the dialect `standard`. */
  readonly key: string
  /** How often a failed call is repeated. Default: 3. */
  readonly retries?: number
  /** How long an answer may take, in ms, for each try. Default: 30 000. */
  readonly timeoutMs?: number
  /** Default: the global `fetch`. */
  readonly fetch?: typeof fetch
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined
  /** Default: that of the client. */
  readonly timeoutMs?: number
}

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'
type PathOf<M extends Method> = keyof Operations extends infer K ? (K extends `${M} ${infer P}` ? P : never) : never
type OperationOf<M extends Method, P extends string> = `${M} ${P}` extends keyof Operations
  ? Operations[`${M} ${P}`]
  : never

/** A member of the options: absent or optional, as the operation needs it. */
type Member<Name extends string, Value> = [Value] extends [undefined]
  ? unknown
  : unknown extends Value
    ? unknown
    : undefined extends Value
      ? { readonly [N in Name]?: Value }
      : Partial<Value> extends Value
        ? { readonly [N in Name]?: Value }
        : { readonly [N in Name]: Value }
type OptionsOf<O extends Operations[keyof Operations]> = CallOptions &
  Member<'params', O['params']> &
  Member<'query', O['query']> &
  Member<'body', O['body']>
type Arguments<Options> = Partial<Options> extends Options ? [options?: Options] : [options: Options]

interface AnyPage {
  readonly data: readonly unknown[]
  readonly nextCursor: string | null
}
type ListPath = {
  [P in PathOf<'GET'>]: OperationOf<'GET', P>['answer'] extends AnyPage ? P : never
}[PathOf<'GET'>]
type ItemOf<P extends ListPath> = OperationOf<'GET', P>['answer'] extends { readonly data: readonly (infer Item)[] }
  ? Item
  : never

/** An event as it is published. */
export type NewEvent = Operations['POST /v1/events']['body']
/** An event that was published. `duplicate`: its id was published before, and nothing is sent again. */
export type PublishedEvent = Operations['POST /v1/events']['answer']
/** The result of each event of a batch. */
export type BatchResult = Operations['POST /v1/events/batch']['answer']['results'][number]

export interface Client {
  /**
   * Calls an operation. Answers that are not JSON (streams, exports, keys) are returned as `Response`.
   *
   * Calls that cannot take effect twice are repeated after failures: reads, changes, deletions, and events with an id.
   * Others are repeated only if the server says that they took no effect.
   *
   * @param path as in the OpenAPI document: `/v1/tenants/{tenant}`, with `params: { tenant }`
   * @throws PosthornError
   */
  request<M extends Method, P extends PathOf<M>>(
    method: M,
    path: P,
    ...options: Arguments<OptionsOf<OperationOf<M, P>>>
  ): Promise<OperationOf<M, P>['answer']>
  /** The rows of a list, page after page. @throws PosthornError */
  each<P extends ListPath>(
    path: P,
    ...options: Arguments<OptionsOf<OperationOf<'GET', P>>>
  ): AsyncGenerator<ItemOf<P>, void, void>
  /** Publishes an event. An event without an id gets one, so that it is never published twice. @throws PosthornError */
  publish(event: NewEvent, options?: CallOptions): Promise<PublishedEvent>
  /** Publishes up to 1000 events. Each has a result of its own, in order. @throws PosthornError: none was published */
  publishBatch(events: readonly NewEvent[], options?: CallOptions): Promise<readonly BatchResult[]>
}

type QueryValue = string | number | boolean | undefined

/** A call without its types. */
interface AnyOptions extends CallOptions {
  readonly params?: Readonly<Record<string, string | number>>
  readonly query?: Readonly<Record<string, QueryValue | readonly QueryValue[]>>
  readonly body?: unknown
}

/** @throws TypeError: the URL is not one of HTTP */
export function createClient(options: ClientOptions): Client {
  if (!/^https?:\/\//.test(options.url)) throw new TypeError(`url must begin with https:// or http://: ${options.url}`)
  const request = (method: Method, path: string, given: AnyOptions = {}): Promise<never> =>
    repeated(options, method, path, given) as Promise<never>
  return {
    request,
    async *each(path: string, given: AnyOptions = {}) {
      let query = given.query
      for (;;) {
        const page: AnyPage = await request('GET', path, { ...given, ...(query && { query }) })
        yield* page.data as never[]
        if (page.nextCursor === null) return
        query = { ...query, cursor: page.nextCursor }
      }
    },
    publish: (event, given) => request('POST', '/v1/events', { ...given, body: withId(event) }),
    async publishBatch(events, given) {
      const body = { events: events.map(withId) }
      const { results }: Operations['POST /v1/events/batch']['answer'] = await request('POST', '/v1/events/batch', {
        ...given,
        body,
      })
      return results
    },
  }
}

async function repeated(client: ClientOptions, method: Method, path: string, options: AnyOptions): Promise<unknown> {
  const { retries = 3 } = client
  const target = pathOf(path, options)
  for (let tries = 0; ; tries++) {
    try {
      return await once(client, method, target, options)
    } catch (error) {
      const waitMs = error instanceof PosthornError ? waitOf(error, tries) : null
      if (waitMs === null || tries >= retries || !mayRepeat(error as PosthornError, method, options.body)) throw error
      await sleep(waitMs, options.signal)
    }
  }
}

/** The longest wait between two tries. An answer that asks for a longer one ends the call. */
const waitMsMax = 60_000

/** The wait before the next try; null: the failure does not pass by itself. */
function waitOf({ status, retryAfterSeconds }: PosthornError, tries: number): number | null {
  if (![0, 429, 502, 503, 504].includes(status)) return null
  if (retryAfterSeconds === null) return Math.random() * Math.min(500 * 2 ** tries, waitMsMax)
  const waitMs = retryAfterSeconds * 1000
  return waitMs > waitMsMax ? null : waitMs + Math.random() * 100
}

function mayRepeat({ code }: PosthornError, method: Method, body: unknown): boolean {
  const tookNoEffect = code === 'too_many_requests' || code === 'unavailable'
  return tookNoEffect || method !== 'POST' || hasIds(body)
}

function hasIds(body: unknown): boolean {
  const { id, events = [] } = (body ?? {}) as { readonly id?: unknown; readonly events?: readonly unknown[] }
  return id !== undefined || (events.length > 0 && events.every(hasIds))
}

async function once(client: ClientOptions, method: Method, target: string, options: AnyOptions): Promise<unknown> {
  const { key, fetch: send = fetch } = client
  const { body, signal, timeoutMs = client.timeoutMs ?? 30_000 } = options
  signal?.throwIfAborted()
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(), timeoutMs)
  try {
    const response = await send(client.url.replace(/\/+$/, '') + target, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      redirect: 'manual',
      signal: signal ? AbortSignal.any([signal, late.signal]) : late.signal,
    })
    return await answerOf(response)
  } catch (error) {
    if (error instanceof PosthornError) throw error
    signal?.throwIfAborted()
    const [code, message] = late.signal.aborted
      ? (['timed_out', `No answer came within ${timeoutMs} ms.`] as const)
      : (['unreachable', `${client.url} cannot be reached.`] as const)
    throw new PosthornError(message, { code, cause: error })
  } finally {
    clearTimeout(timer)
  }
}

/** The JSON of an answer; null: it has no body. An answer of another type is not read. */
async function answerOf(response: Response): Promise<unknown> {
  if (!response.ok) throw errorOf(response, await response.text())
  if (response.status === 204) return null
  const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false
  if (!isJson) return response
  const text = await response.text()
  try {
    return JSON.parse(text)
  } catch {
    throw new PosthornError('The answer is not JSON.', { code: 'unreadable', status: response.status })
  }
}

/** The path with its parameters and its query. A list is sent as several parameters. @throws PosthornError */
function pathOf(path: string, { params = {}, query = {} }: AnyOptions): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = String(params[name])
    // A URL without them names another path.
    if (['', '.', '..'].includes(value)) {
      throw new PosthornError(`The parameter ${name} must not be empty, "." or "..".`, { code: 'invalid_parameter' })
    }
    return encodeURIComponent(value)
  })
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    for (const one of [value].flat() as readonly QueryValue[]) if (one !== undefined) search.append(name, String(one))
  }
  return search.size === 0 ? filled : `${filled}?${search.toString()}`
}

function withId(event: NewEvent): NewEvent {
  return { id: newEventId(), ...event }
}

/** A UUID of version 7: it begins with the time, so that events lie together in the database. */
function newEventId(): string {
  const time = Date.now().toString(16).padStart(12, '0')
  const random = crypto.randomUUID()
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(15)}`
}

async function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  const end = (): void => reject(signal?.reason as Error)
  signal?.addEventListener('abort', end, { once: true })
  try {
    await promise
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', end)
  }
}
