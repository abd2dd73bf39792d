import { hash } from 'node:crypto'
import Fastify, { type FastifyInstance } from 'fastify'
import { type Answer, sendAnswer } from '../http/answer.ts'
import { refuseOtherMethods } from '../http/refusals.ts'
import { answerProblem } from './problems.ts'

interface DocumentLink {
  readonly title: string
  readonly url: string
}

interface Page extends Answer {
  readonly body: Buffer
}

type Pages = Readonly<Record<'home' | 'script', Page>>

const paths: Readonly<Record<keyof Pages, string>> = { home: '/docs/', script: '/docs/js/scalar.js' }

/** Serves the OpenAPI documents as pages at /docs. The pages load everything from this server. */
export function serveDocs(app: FastifyInstance, documents: readonly DocumentLink[]): void {
  const routes = ['/docs', ...Object.values(paths)].map((path) => ({ method: 'GET', path }))
  refuseOtherMethods(app, { answerUnrouted: answerProblem }, routes)
  let pages: Promise<Pages> | undefined
  app.get('/docs', (_request, reply) => sendAnswer(reply, { status: 301, headers: { location: paths.home } }))
  for (const name of ['home', 'script'] as const) {
    app.get(paths[name], async (_request, reply) => {
      pages ??= createPages(documents)
      sendAnswer(reply, (await pages)[name])
    })
  }
}

/**
 * Creates the pages at the first request for one, because the script takes 35 MiB. All responses share them: otherwise
 * each response that a caller does not read would hold a copy of 4 MiB. The library creates the pages on a server of
 * its own, which never listens.
 */
async function createPages(documents: readonly DocumentLink[]): Promise<Pages> {
  const { default: scalar } = await import('@scalar/fastify-api-reference')
  const server = Fastify()
  await server.register(scalar, {
    routePrefix: '/docs',
    configuration: {
      pageTitle: 'Posthorn',
      sources: documents.map(({ title, url }) => ({ title, url })),
      withDefaultFonts: false,
      telemetry: false,
      hideClientButton: true,
    },
  })
  const page = async (path: string): Promise<Page> => {
    const { headers, rawPayload: body } = await server.inject(path)
    return { status: 200, headers: { 'content-type': String(headers['content-type']) }, body }
  }
  const home = await page(paths.home)
  const script = await page(paths.script)
  await server.close()
  const policy = contentPolicy(home.body.toString('utf8'))
  return { home: { ...home, headers: { ...home.headers, 'content-security-policy': policy } }, script }
}

/**
 * The page loads from this server only, and runs its own inline script and no other. Its script makes styles while it
 * runs, so that inline styles stay allowed.
 */
function contentPolicy(page: string): string {
  const inline = Array.from(page.matchAll(/<script(?![^>]* src=)[^>]*>([^]*?)<\/script>/g), ([, text = '']) => {
    return `'sha256-${hash('sha256', text, 'base64')}'`
  })
  return [
    "default-src 'none'",
    `script-src 'self' ${inline.join(' ')}`,
    "style-src 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
