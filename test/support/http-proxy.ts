// A real proxy, proxy-chain, on a free port of 127.0.0.1.

import { Server } from 'proxy-chain'

export interface HttpProxy {
  readonly port: number
  /** The targets that were asked for, in order: `host:port`. */
  readonly targets: readonly string[]
  close(): Promise<void>
}

export interface HttpProxyOptions {
  /** The password of the user `ada`; default: none is needed. */
  readonly password?: string
  /** The address of every name; default: names are looked up. */
  readonly address?: string
}

export async function startHttpProxy({ password, address }: HttpProxyOptions = {}): Promise<HttpProxy> {
  const targets: string[] = []
  const server = new Server({
    host: '127.0.0.1',
    port: 0,
    prepareRequestFunction(request) {
      const requestAuthentication =
        password !== undefined && (request.username !== 'ada' || request.password !== password)
      if (!requestAuthentication) targets.push(`${request.hostname}:${request.port}`)
      return {
        requestAuthentication,
        ...(address !== undefined && {
          dnsLookup: ((_name: string, _options: object, done: (...answer: unknown[]) => void) =>
            done(null, [{ address, family: 4 }])) as never,
        }),
      }
    },
  })
  await server.listen()
  return { port: server.port, targets, close: () => server.close(true) }
}
