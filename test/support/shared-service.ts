// Services that all test files share: one for each set of settings that a test asks for, on SQLite. The start of a service
// costs as much CPU time as a file of tests. A test can share a service if it looks only at tenants of its own, and
// leaves everything else as it was. A test that needs the process, the files or all rows of a service starts its own.

import { createServer } from 'node:http'
import { request } from 'undici'
import { createInstallation, startServer } from './server-process.ts'

export interface Service {
  readonly url: string
  readonly operatorKey: string
  readonly masterKey: string
  /** For a service that is shared with other processes, it does nothing. @throws Error if the service ends badly */
  close(): Promise<void>
}

type Env = Readonly<Record<string, string>>

/** Settings that allow neither `http://` nor private networks, and no quotas. */
export const withoutPrivateUrls: Env = {
  POSTHORN_ALLOW_HTTP: 'off',
  POSTHORN_ALLOW_NETWORKS: '',
  POSTHORN_RATE_LIMITS: 'off',
}

/** The variable with the address that gives out the services. Without it, each test file starts its own. */
const variable = 'POSTHORN_TEST_SERVICES'

/** Returns the service with these settings. */
export async function sharedService(env: Env): Promise<Service> {
  const url = process.env[variable]
  if (url === undefined) return startService(env)
  const { statusCode, body } = await request(url, { query: { env: JSON.stringify(env) } })
  const text = await body.text()
  if (statusCode !== 200) throw new Error(text)
  return { ...(JSON.parse(text) as Omit<Service, 'close'>), close: async () => {} }
}

async function startService(env: Env): Promise<Service> {
  const installation = await createInstallation()
  const server = await startServer(installation, env)
  return {
    ...installation,
    url: server.url,
    async close() {
      await server.stop()
      await installation.remove()
    },
  }
}

/** Gives out services to the processes that this one starts. Returns a function that ends all of them. */
export async function giveOutServices(): Promise<() => Promise<void>> {
  const services = new Map<string, Promise<Service>>()
  const server = createServer((incoming, response) => {
    const env = new URL(incoming.url ?? '', 'http://localhost').searchParams.get('env') ?? '{}'
    const service = services.get(env) ?? startService(JSON.parse(env) as Env)
    services.set(env, service)
    service.then(
      (started) => response.end(JSON.stringify(started)),
      (error: unknown) => {
        services.delete(env)
        response.writeHead(500).end(String(error))
      },
    )
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  process.env[variable] = `http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`
  return async () => {
    server.close()
    server.closeAllConnections()
    for (const service of services.values()) await (await service).close()
  }
}
