// A collector of OpenTelemetry that drops the spans. A real one parses them on another machine, so that its time does not
// belong to the service's.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface SpanSink {
  readonly url: string
  /** Exports that have arrived. */
  readonly exports: number
  close(): Promise<void>
}

export async function startSpanSink(): Promise<SpanSink> {
  let exports = 0
  const server = createServer((request, response) => {
    exports += 1
    request.resume().on('end', () => response.setHeader('content-type', 'application/x-protobuf').end())
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get exports() {
      return exports
    },
    async close() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}
