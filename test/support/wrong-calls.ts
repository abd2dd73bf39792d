// Calls every route of an API in many wrong ways, and records the answers that refuse a call.

import assert from 'node:assert/strict'
import { fromAnAddress } from './addresses.ts'
import { answerText } from './event-stream.ts'
import type { ApiAnswer, ApiRequest, Fields, Headers } from '../conformance/dialects/profile.ts'

/** The answer to a refused call. */
interface Refusal {
  readonly call: string
  readonly text: string
}

/** Calls one installation, and records every refusal. */
export class Caller {
  readonly #url: string
  readonly #operator: Headers
  readonly refusals: Refusal[] = []

  constructor(url: string, operatorKey: string) {
    this.#url = url
    this.#operator = { authorization: `Bearer ${operatorKey}` }
  }

  async ask({ method, path, body, raw, headers: own }: ApiRequest, headers: Headers): Promise<ApiAnswer> {
    const content = raw ?? (body === undefined ? null : JSON.stringify(body))
    const all = {
      ...fromAnAddress(),
      ...(content !== null && { 'content-type': 'application/json' }),
      ...headers,
      ...own,
    }
    const response = await fetch(this.#url + path, { method, headers: all, body: content as string | null })
    const answered = Object.fromEntries(response.headers)
    const text = await answerText(answered, response.body ?? [])
    if (response.status >= 400) this.refusals.push({ call: `${method} ${path} ${response.status}`, text })
    const isJson = /[/+]json\b/.test(answered['content-type'] ?? '')
    return {
      status: response.status,
      headers: answered,
      text,
      body: isJson ? JSON.parse(text) : null,
    }
  }

  asOperator(request: ApiRequest): Promise<ApiAnswer> {
    return this.ask(request, this.#operator)
  }

  async operator(status: number, method: string, path: string, body?: unknown): Promise<Fields> {
    const answer = await this.asOperator({ method, path, ...(body !== undefined && { body }) })
    assert.equal(answer.status, status, `${method} ${path}: ${answer.text}`)
    return (answer.body ?? {}) as Fields
  }
}

/** Calls each route of a document with each of the credentials and with bad bodies. Returns the number of calls. */
export async function callWrongly(
  caller: Caller,
  documentPath: string,
  values: Readonly<Record<string, string>>,
  credentials: readonly Headers[],
  planted: string,
): Promise<number> {
  const answer = await caller.ask({ method: 'GET', path: documentPath }, {})
  const { paths } = answer.body as { paths: Record<string, Record<string, unknown>> }
  let calls = 0
  for (const [template, operations] of Object.entries(paths)) {
    const path = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? planted))
    for (const method of Object.keys(operations).map((name) => name.toUpperCase())) {
      const writes = method !== 'GET' && method !== 'DELETE'
      const raws = writes
        ? [`{"${planted}`, `"${planted}"`, `{"${planted}":"${planted}","url":"${planted}"}`]
        : [undefined]
      for (const headers of credentials) {
        for (const raw of raws) {
          // Calls with DELETE use unknown ids, so that the objects still exist for the next calls.
          const target = method === 'DELETE' ? template.replace(/\{\w+\}/g, planted) : path
          const query = `${target}?cursor=${planted}&limit=${planted}&${planted}=1`
          for (const asked of [target, query])
            await caller.ask({ method, path: asked, ...(raw !== undefined && { raw }) }, headers)
          calls++
        }
      }
    }
  }
  return calls
}
