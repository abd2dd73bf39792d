import scalar from '@scalar/fastify-api-reference'
import type { FastifyInstance } from 'fastify'

/** The OpenAPI documents as pages, at /docs. Everything they load comes from this server. */
export async function serveDocs(
  app: FastifyInstance,
  documents: readonly { readonly title: string; readonly url: string }[],
): Promise<void> {
  await app.register(scalar, {
    routePrefix: '/docs',
    configuration: {
      pageTitle: 'Posthorn',
      sources: documents.map(({ title, url }) => ({ title, url })),
      withDefaultFonts: false,
      telemetry: false,
      hideClientButton: true,
    },
  })
}
