// The paths that no dialect may have are those that a server without dialects has.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { isOwnPath, ownPaths } from '../src/domain/own-paths.ts'
import { createInstallation, startServer } from './support/server-process.ts'

const installation = await createInstallation()
const server = await startServer(installation)
after(async () => {
  await server.stop()
  await installation.remove()
})

test('every route of the operator API is below one of the own paths', async () => {
  const { paths } = (await (await fetch(`${server.url}/openapi.json`)).json()) as { readonly paths: object }
  const routes = Object.keys(paths)
  assert.ok(routes.length > 30)
  assert.deepEqual(
    routes.filter((path) => !isOwnPath(path)),
    [],
  )
})

test('every own path is one that the server knows', async () => {
  const { paths } = (await (await fetch(`${server.url}/openapi.json`)).json()) as { readonly paths: object }
  for (const own of ownPaths) {
    if (Object.keys(paths).some((path) => path === own || path.startsWith(`${own}/`))) continue
    const { status } = await fetch(own === '/openapi' ? `${server.url}/openapi/standard.json` : server.url + own)
    assert.ok(status === 200 || status === 503, `${own}: ${status}`)
  }
})

test('a path that only begins with the letters of an own one may be that of a dialect', () => {
  for (const path of ['/v1/user-webhooks', '/v1/events-hooks', '/docsite', '/v1']) assert.ok(!isOwnPath(path), path)
})
