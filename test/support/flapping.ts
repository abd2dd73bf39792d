import { createServer } from 'node:http'

/** Starts a receiver that answers for `everyMs`, then breaks every connection for `everyMs`, in turns. */
export async function startFlapping(everyMs: number): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    if (Math.floor(performance.now() / everyMs) % 2 === 1) request.socket.destroy()
    else request.resume().on('end', () => response.end())
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no TCP port was given')
  return {
    url: `http://127.0.0.1:${address.port}/`,
    async close() {
      const closed = new Promise((done) => server.close(done))
      server.closeAllConnections()
      await closed
    },
  }
}
