// Calls as a page of the service makes them, without a browser.

import { request } from 'undici'

/** The headers by which a call is known to come from our own page. */
export const fromPage = { 'sec-fetch-site': 'same-origin', 'posthorn-page': '1' }

export interface PageAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly bytes: Buffer
  readonly json: () => Record<string, unknown>
}

type Call = (
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  target: string,
  headers?: Record<string, string>,
  body?: unknown,
) => Promise<PageAnswer>

export function pageCalls(url: string): Call {
  return async (method, target, headers = {}, body?) => {
    const answer = await request(url + target, {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      body: body === undefined ? null : JSON.stringify(body),
    })
    const bytes = Buffer.from(await answer.body.arrayBuffer())
    const json = () => JSON.parse(bytes.toString()) as Record<string, unknown>
    return { status: answer.statusCode, headers: answer.headers, bytes, json }
  }
}

/** The cookie of an answer, as a browser sends it. */
export function cookieIn({ headers }: PageAnswer): string {
  return String(headers['set-cookie']).split(';')[0] ?? ''
}
