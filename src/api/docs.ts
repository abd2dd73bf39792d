import Fastify, { type FastifyInstance } from 'fastify'
import { refuseOtherMethods } from '../http/refusals.ts'
import { answerProblem } from './problems.ts'

interface DocumentLink {
  readonly title: string
  readonly url: string
}

interface Page {
  readonly type: string
  readonly body: Buffer
}

interface Pages {
  readonly home: Page
  readonly script: Page
}

const paths: Readonly<Record<keyof Pages, string>> = { home: '/docs/', script: '/docs/js/scalar.js' }

/** Serves the OpenAPI documents as pages at /docs. The pages load everything from this server. */
export function serveDocs(app: FastifyInstance, documents: readonly DocumentLink[]): void {
  const routes = ['/docs', ...Object.values(paths)].map((path) => ({ method: 'GET', path }))
  refuseOtherMethods(app, { answerUnrouted: answerProblem }, routes)
  let pages: Promise<Pages> | undefined
  app.get('/docs', (_request, reply) => reply.redirect(paths.home, 301))
  for (const name of ['home', 'script'] as const) {
    app.get(paths[name], async (_request, reply) => {
      pages ??= createPages(documents)
      const { type, body } = (await pages)[name]
      return reply.type(type).send(body)
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
    const { headers, rawPayload } = await server.inject(path)
    return { type: String(headers['content-type']), body: rawPayload }
  }
  const pages = { home: await page(paths.home), script: await page(paths.script) }
  await server.close()
  return pages
}
