// Serves a built page, its files, and the paths that the page itself understands.

import type { FastifyInstance, FastifyRequest } from 'fastify'
import { answerProblem } from '../api/problems.ts'
import { type Answer, sendAnswer } from '../http/answer.ts'
import { encodedAnswer } from '../http/encoded.ts'
import { methodOf } from '../http/methods.ts'
import { refuseOtherMethods } from '../http/refusals.ts'
import type { PageFiles } from './page-files.ts'

export interface ServedPages {
  /** The path of the page, without a slash at its end. */
  readonly path: string
  /** Null: the pages were not built. */
  readonly files: PageFiles | null
  /** Whether the host that the request names has the page. */
  readonly isOn: (host: string) => boolean
  /** The sources of images (CSP). */
  readonly images: string
  /** The sources that may embed the page (CSP). */
  readonly frameAncestors: (request: FastifyRequest) => string
}

export function servePages(app: FastifyInstance, pages: ServedPages): void {
  const { path } = pages
  const routes = [path, `${path}/*`].map((url) => ({ method: 'GET', path: url }))
  refuseOtherMethods(app, { answerUnrouted: answerProblem }, routes)
  for (const { path: url } of routes) {
    app.get(url, (request, reply) => sendAnswer(reply, answerOf(request, pages)))
  }
}

function answerOf(request: FastifyRequest, pages: ServedPages): Answer {
  const { path, files, images, isOn, frameAncestors } = pages
  const asked = (request.url.split('?')[0] ?? '').slice(path.length + 1)
  const unknown = () =>
    answerProblem({ kind: 'routeUnknown', method: methodOf(request), path: `${path}/${asked}` }, request)
  if (!isOn(request.headers.host ?? '')) return unknown()
  const policy = contentPolicy(images, frameAncestors(request))
  if (files === null) return { ...unbuilt, headers: { ...unbuilt.headers, 'content-security-policy': policy } }
  const file = files.get(asked)
  if (file !== undefined && asked !== 'index.html') return encodedAnswer(request, file, immutable)
  const index = files.get('index.html')
  if (asked.startsWith('assets/') || index === undefined) return unknown()
  return encodedAnswer(request, index, { 'content-security-policy': policy, 'referrer-policy': 'no-referrer' })
}

/** The page loads from this server only, runs no inline script or style, and writes no markup from text. */
function contentPolicy(images: string, frameAncestors: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    `img-src ${images}`,
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    `frame-ancestors ${frameAncestors}`,
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ')
}

/** Headers of files: the name of a file contains a hash of its content. */
export const immutable = { 'cache-control': 'public, max-age=31536000, immutable' }

/** The page of an installation without built pages. */
export const unbuilt: Answer = {
  status: 503,
  headers: { 'content-type': 'text/html; charset=utf-8', 'retry-after': '60' },
  body: `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Posthorn</title>
<h1>This page is not built</h1>
<p>The installation has no built pages. Build them with this command, and start Posthorn again:
<pre>npm ci &amp;&amp; npm run build</pre>
</html>
`,
}
