// `posthorn doctor`: the way to receivers: name servers, egress proxy, and one receiver if it is named.

import { getServers } from 'node:dns'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Settings } from '../config/settings.ts'
import { registry } from '../dialects/registry.ts'
import { BlockedError, type Step, type Target } from '../net/connect.ts'
import type { Guard } from '../net/guard.ts'
import { partsOf } from '../parts-by-settings.ts'
import { fault, type Finding, messageOf, ok, warning } from './finding.ts'

const proxyMs = 2000
const receiverMs = 10_000

/** @param to the URL of a receiver to connect to; null: none */
export async function examineNetwork(settings: Settings, to: string | null): Promise<readonly Finding[]> {
  const servers = getServers()
  const names =
    servers.length > 0
      ? ok('name servers', servers.join(', '))
      : fault('name servers', 'there are none', 'name a server in /etc/resolv.conf, or no receiver can be looked up')
  const { guard } = partsOf({ ...settings, dialects: ['all'] }, registry)
  return [names, ...(await proxy(settings)), ...(to === null ? [] : [await receiver(guard, to, settings.allowHttp)])]
}

async function proxy({ egressProxy }: Settings): Promise<readonly Finding[]> {
  const check = 'egress proxy'
  if (egressProxy === null) {
    const other = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'].find((name) => process.env[name])
    if (other === undefined) return [ok(check, 'none: deliveries leave directly')]
    const found = `${other} is set, which Posthorn does not use: deliveries leave directly`
    return [warning(check, found, 'set POSTHORN_EGRESS_PROXY if deliveries must leave through the proxy')]
  }
  const { hostname: host, port, shown } = egressProxy
  const socket = connect({ host, port, timeout: proxyMs })
  try {
    socket.once('timeout', () => socket.destroy(new Error(`no connection within ${proxyMs} ms`)))
    await once(socket, 'connect')
    return [ok(check, `${shown} accepts connections`)]
  } catch (error) {
    const todo = 'start the proxy, or correct POSTHORN_EGRESS_PROXY; until then deliveries wait'
    return [fault(check, `${shown}: ${messageOf(error)}`, todo)]
  } finally {
    socket.destroy()
  }
}

const steps: Readonly<Record<Step, string>> = { name: 'looking up its name', connect: 'connecting', tls: 'TLS' }

/** Opens a connection as a delivery does, and closes it. */
async function receiver(guard: Guard, address: string, allowHttp: boolean): Promise<Finding> {
  const check = 'receiver'
  const url = URL.parse(address)
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return fault(check, `${address} is no http(s) URL`, 'give --to the URL of a receiver')
  }
  const refused = guard.refusesUrl(url)
  if (refused !== null)
    return fault(
      check,
      `${url.origin} is refused: ${refused}`,
      `give doctor the settings of the service (docs/operating.md): it judges by its own, not by those of a running service`,
    )
  if (url.protocol === 'http:' && !allowHttp) {
    return fault(
      check,
      `${url.origin} is not https://`,
      'most dialects demand https:// unless POSTHORN_ALLOW_HTTP is on; doctor judges by its own settings',
    )
  }
  const began: { step: Step } = { step: 'name' }
  const startedAt = performance.now()
  const error = await opened(guard, targetOf(url), began)
  if (error === null) return ok(check, `${url.origin} was reached in ${Math.round(performance.now() - startedAt)} ms`)
  const reason = error instanceof BlockedError ? error.reason : messageOf(error)
  return fault(check, `${url.origin}: ${steps[began.step]} failed: ${reason}`, 'deliveries to it fail in the same way')
}

function targetOf({ protocol, origin, hostname, port }: URL): Target {
  const isTls = protocol === 'https:'
  return { origin, isTls, hostname: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port) || (isTls ? 443 : 80) }
}

/** Returns why no connection was opened, or null. */
function opened(guard: Guard, target: Target, began: { step: Step }): Promise<Error | null> {
  return new Promise((done) => {
    const timer = setTimeout(() => {
      cancel()
      done(new Error(`no answer within ${receiverMs} ms`))
    }, receiverMs)
    const cancel = guard.connect(
      target,
      (error, socket) => {
        clearTimeout(timer)
        socket?.destroy()
        done(socket === null ? (error ?? new Error('no connection')) : null)
      },
      undefined,
      (step) => {
        began.step = step
      },
    )
  })
}
