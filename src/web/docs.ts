// The page at /docs: it shows the OpenAPI documents with Scalar's script, which the build compressed.

import type { FastifyInstance, FastifyRequest } from 'fastify'
import { answerProblem } from '../api/problems.ts'
import { type Answer, sendAnswer } from '../http/answer.ts'
import { type EncodedBody, encodedAnswer, encodedBody } from '../http/encoded.ts'
import { methodOf } from '../http/methods.ts'
import { refuseOtherMethods } from '../http/refusals.ts'
import type { PageFiles } from './page-files.ts'
import { immutable, unbuilt } from './serve-pages.ts'

export interface DocumentLink {
  readonly title: string
  readonly url: string
  /** The credentials that the examples show; null: none. */
  readonly scheme: string | null
}

const path = '/docs'

/** @param files the script; null: it was not built */
export function serveDocs(app: FastifyInstance, documents: readonly DocumentLink[], files: PageFiles | null): void {
  const routes = [path, `${path}/*`].map((url) => ({ method: 'GET', path: url }))
  refuseOtherMethods(app, { answerUnrouted: answerProblem }, routes)
  const page = files === null ? null : encodedBody('text/html; charset=utf-8', pageOf(documents, files))
  for (const { path: url } of routes) {
    app.get(url, (request, reply) => sendAnswer(reply, answerOf(request, page, files)))
  }
}

function answerOf(request: FastifyRequest, page: EncodedBody | null, files: PageFiles | null): Answer {
  const asked = (request.url.split('?')[0] ?? '').slice(path.length + 1)
  const headers = { 'content-security-policy': contentPolicy, 'referrer-policy': 'no-referrer' }
  if (asked === '') {
    return page === null
      ? { ...unbuilt, headers: { ...unbuilt.headers, ...headers } }
      : encodedAnswer(request, page, headers)
  }
  const file = files?.get(asked)
  if (file !== undefined) return encodedAnswer(request, file, immutable)
  return answerProblem({ kind: 'routeUnknown', method: methodOf(request), path: `${path}/${asked}` }, request)
}

/** The script reads its configuration from its own element, so that the page has no inline script. */
function pageOf(documents: readonly DocumentLink[], files: PageFiles): string {
  const [script] = [...files.keys()]
  const configuration = JSON.stringify(configurationOf(documents)).replaceAll('&', '&amp;').replaceAll('"', '&quot;')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Posthorn API</title>
<link rel="icon" href="data:,">
</head>
<body>
<script id="api-reference" src="${path}/${script}" data-configuration="${configuration}"></script>
</body>
</html>
`
}

/** Switches off all that belongs to Scalar's company: its fonts, agents, links, and tools that upload or publish. */
function configurationOf(documents: readonly DocumentLink[]): object {
  return {
    sources: documents.map(({ title, url, scheme }) => ({
      title,
      url,
      agent: { disabled: true },
      authentication: { preferredSecurityScheme: scheme },
    })),
    agent: { disabled: true },
    mcp: { disabled: true },
    documentDownloadType: 'direct',
    hideClientButton: true,
    showDeveloperTools: 'never',
    telemetry: false,
    withDefaultFonts: false,
    // The outline of a whole operation would be two lines along the page.
    customCss: 'a[href*="scalar.com"] { display: none } section.section:focus-visible { outline: none }',
  }
}

/** The page loads from this server and sends to it only. Its script makes styles while it runs. */
const contentPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')
