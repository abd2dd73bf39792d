// A product that embeds the portal in its own page. Start Posthorn with these settings, then this program:
//
//     POSTHORN_PORTAL_PARENTS=http://localhost:4090 npm start
//     POSTHORN_KEY=$(cat data/operator-key) node examples/portal.ts
//
// and open http://localhost:4090. The page asks its own server for a link, because only the server has the operator key.

import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

const posthorn = process.env['POSTHORN_URL'] ?? 'http://localhost:4080'
const key = process.env['POSTHORN_KEY'] ?? ''
const port = Number(process.env['PORT'] ?? 4090)
/** The tenant of the user who is signed in to the product. A real product takes it from the session of its user. */
const tenant = process.env['TENANT'] ?? 'example'

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Settings</title>
<style>
  body { margin: 24px; font-family: system-ui, sans-serif }
  iframe { width: 100%; height: 600px; border: 0 }
</style>
<h1>Settings · Webhooks</h1>
<iframe title="Webhooks"></iframe>
<script type="module">
  const frame = document.querySelector('iframe')
  let portal

  async function load() {
    const { url } = await (await fetch('/portal-link', { method: 'POST' })).json()
    portal = new URL(url).origin
    frame.src = url
  }

  addEventListener('message', ({ source, origin, data }) => {
    if (source !== frame.contentWindow || origin !== portal) return
    if (data.type === 'posthorn.ended') load()
    if (data.type === 'posthorn.height') frame.style.height = data.height + 'px'
  })

  await load()
</script>
`

async function call(method: string, path: string, body: unknown): Promise<Response> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  return fetch(posthorn + path, { method, headers, body: JSON.stringify(body) })
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'POST' || request.url !== '/portal-link') {
    response.setHeader('content-type', 'text/html').end(page)
    return
  }
  const made = await call('POST', `/v1/tenants/${tenant}/portal-links`, {
    capabilities: ['endpoints', 'secrets', 'retry', 'test', 'replay'],
    branding: { name: 'Example', accent: '#7a3cff' },
  })
  response.writeHead(made.status, { 'content-type': 'application/json' }).end(await made.text())
}

// 409: the tenant is there already.
await call('POST', '/v1/tenants', { id: tenant, dialect: process.env['DIALECT'] ?? 'standard' })
const server = createServer((request, response) => void answer(request, response))
server.listen(port)
await once(server, 'listening')
console.log(`The product is at http://localhost:${port}`)
