import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'

interface DocumentLink {
  readonly title: string
  readonly url: string
}

/** The OpenAPI documents as pages, at /docs. Everything they load comes from this server. */
export function serveDocs(app: FastifyInstance, documents: readonly DocumentLink[]): void {
  let pages: Promise<FastifyInstance> | undefined
  const answer = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    pages ??= createPages(documents)
    const { statusCode, headers, rawPayload } = await (await pages).inject(request.url)
    if (statusCode !== 404) return reply.code(statusCode).headers(headers).send(rawPayload)
    reply.callNotFound()
    return reply
  }
  app.get('/docs', answer)
  app.get('/docs/*', answer)
}

/**
 * A server of their own, which listens nowhere and is made when somebody asks for a page: the script of the pages
 * takes 35 MiB, and a server that listens takes no further routes.
 */
async function createPages(documents: readonly DocumentLink[]): Promise<FastifyInstance> {
  const { default: scalar } = await import('@scalar/fastify-api-reference')
  const pages = Fastify()
  await pages.register(scalar, {
    routePrefix: '/docs',
    configuration: {
      pageTitle: 'Posthorn',
      sources: documents.map(({ title, url }) => ({ title, url })),
      withDefaultFonts: false,
      telemetry: false,
      hideClientButton: true,
    },
  })
  return pages
}
