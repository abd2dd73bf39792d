// The program of Workers: the body of a request has deliveries, and the answer is JSON.

import type { Captured } from './captured-deliveries.ts'
import { verifyVectors } from './verify-vectors.ts'

// oxlint-disable-next-line import/no-default-export -- the form of a program of Workers
export default {
  async fetch(request: Request): Promise<Response> {
    return Response.json(await verifyVectors((await request.json()) as readonly Captured[]))
  },
}
