// The choice of the server and its key, and the errors of calls.

import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { command } from '../support/command.ts'
import { startCommandRig } from '../support/command-rig.ts'
import { freePort } from '../support/server-process.ts'

const { rig, folder, key, env, run } = await startCommandRig()

suite('the server and its key', { concurrency: 2 }, () => {
  test('come from profiles that only their owner can read, and a key is sent to its own server alone', async (t) => {
    const config = await mkdtemp(join(tmpdir(), 'posthorn-config-'))
    t.after(() => rm(config, { recursive: true }))
    const at = { XDG_CONFIG_HOME: config }
    const url = rig.server.url
    const login = await command(['login', '--url', url], { env: at, folder, stdin: `${key}\n` })
    assert.equal(login.code, 0, login.stderr)
    assert.ok(!login.stdout.includes(key))
    const file = join(config, 'posthorn', 'profiles.json')
    assert.equal(statSync(file).mode & 0o777, 0o600)
    for (const args of [[], ['--profile', 'default'], ['--url', `${url}/`]]) {
      assert.equal((await command(['tenant', 'list', ...args], { env: at, folder })).code, 0)
    }
    const other = await command(['tenant', 'list', '--url', 'http://127.0.0.1:1'], { env: at, folder })
    assert.equal(other.code, 2)
    assert.match(other.stderr, /^posthorn: there is no key for http:\/\/127\.0\.0\.1:1: set POSTHORN_KEY .*\n$/)
    chmodSync(file, 0o644)
    const open = await command(['tenant', 'list'], { env: at, folder })
    assert.deepEqual([open.code, /chmod 600/.test(open.stderr)], [1, true])
    chmodSync(file, 0o600)
    const wrong = await command(['login', '--url', url], { env: at, folder, stdin: `pho_${'x'.repeat(40)}` })
    const unknown = 'posthorn: The key is not known. The key comes from'
    assert.deepEqual([wrong.code, wrong.stderr], [1, `${unknown} stdin. (unauthenticated)\n`])
    const profiles = readFileSync(file, 'utf8')
    writeFileSync(file, profiles.replaceAll(key, 'pho_wrong'))
    const byProfile = await command(['tenant', 'list'], { env: at, folder })
    assert.deepEqual([byProfile.code, byProfile.stderr], [1, `${unknown} the profile default. (unauthenticated)\n`])
    for (const content of ['null', '{"default":{}}', '{']) {
      writeFileSync(file, content)
      const { code, stderr } = await command(['tenant', 'list'], { env: at, folder })
      assert.equal(code, 1)
      assert.match(stderr, /^posthorn: the file \S+ holds no profiles: [^\n]+\n$/)
    }
    writeFileSync(file, profiles)
    const local = { ...at, POSTHORN_PORT: String(rig.server.port) }
    const byPort = await command(['login'], { env: local, folder, stdin: key })
    assert.match(byPort.stdout, new RegExp(`^server +http://127\\.0\\.0\\.1:${rig.server.port}\n`), byPort.stderr)
    const nowhere = { XDG_CONFIG_HOME: '/dev/null' }
    const unkept = await command(['login', '--url', url], { env: nowhere, folder, stdin: key })
    assert.deepEqual([unkept.code, unkept.stdout], [1, ''])
    assert.match(unkept.stderr, /^posthorn: the file of the profiles \S+ cannot be written: [^\n]+\n$/)
    assert.equal((await command(['logout'], { env: at, folder })).code, 0)
    assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), {})
  })

  test('come from a file, or from the folder of the service', async (t) => {
    const place = await mkdtemp(join(tmpdir(), 'posthorn-place-'))
    t.after(() => rm(place, { recursive: true }))
    mkdirSync(join(place, 'data'))
    writeFileSync(join(place, 'data', 'operator-key'), `${key}\n`, { mode: 0o600 })
    const byFile = { POSTHORN_URL: rig.server.url, POSTHORN_KEY_FILE: 'data/operator-key' }
    const byFolder = { POSTHORN_PORT: String(rig.server.port) }
    for (const given of [byFile, byFolder]) {
      const { code, stderr } = await command(['tenant', 'list'], { env: given, folder: place })
      assert.equal(code, 0, stderr)
    }
    writeFileSync(join(place, 'data', 'operator-key'), 'pho_wrong')
    for (const [given, from] of [
      [byFile, 'POSTHORN_KEY_FILE data/operator-key'],
      [byFolder, 'data/operator-key'],
    ] as const) {
      const { code, stderr } = await command(['tenant', 'list'], { env: given, folder: place })
      assert.equal(code, 1)
      assert.ok(stderr.includes(`The key comes from ${from}. (unauthenticated)`), stderr)
    }
  })

  test('none of them, or two, is wrong use; the message names the right one', async () => {
    for (const [given, says] of [
      [{}, /there is no server: set POSTHORN_URL and POSTHORN_KEY, or run posthorn login/],
      [{ ...env, POSTHORN_KEY_FILE: 'x' }, /POSTHORN_KEY and POSTHORN_KEY_FILE are both set/],
      [{ ...env, POSTHORN_URL: 'localhost' }, /must be a URL such as/],
      [{ ...env, POSTHORN_URL: '' }, /must be a URL such as \S+, and is empty\n/],
      [{ ...env, POSTHORN_KEY: '' }, /POSTHORN_KEY is empty: give the key of the server there\n/],
      [{ ...env, POSTHORN_KEY: 'pho_\u00e9' }, /POSTHORN_KEY holds no key: a key has no spaces/],
      [{ POSTHORN_URL: rig.server.url, POSTHORN_KEY_FILE: '/dev/null' }, /POSTHORN_KEY_FILE \/dev\/null is empty: /],
      [{ POSTHORN_URL: rig.server.url, POSTHORN_KEY_FILE: '.' }, /POSTHORN_KEY_FILE \. is a folder: give a file\n/],
    ] as const) {
      const { code, stderr } = await command(['tenant', 'list'], { env: given, folder })
      assert.equal(code, 2)
      assert.match(stderr, says)
      assert.match(stderr, /^[^\n]+\n$/)
    }
  })

  test('a fault of a field is one sentence with its name', async () => {
    const { id } = await rig.tenant('standard')
    for (const [args, says] of [
      [['event', 'publish', 'nowhere', 'a.b'], 'tenant is not known: nowhere'],
      [['key', 'create', 'nowhere'], 'tenants.0 is not known: nowhere'],
      [['key', 'create', id, '--role', 'owner'], 'role must be absent: this dialect has none'],
      [['replay', 'run', 'nowhere', '--from', '2h'], 'filter.tenant is not known: nowhere'],
      [['replay', id, '--from', '2h', '--endpoint', 'ep_1'], 'filter.endpoint is not one of the tenant: ep_1'],
    ] as const) {
      const { code, stderr } = await run(...args)
      assert.deepEqual([code, stderr], [1, `posthorn: Invalid body: ${says}. (invalid)\n`])
    }
  })

  test('a server that cannot be reached, refuses, or is no Posthorn: one line, exit code 1', async (t) => {
    const stranger = createServer((_request, response) => response.writeHead(302, { location: rig.server.url }).end())
    await new Promise<void>((listening) => stranger.listen(0, '127.0.0.1', listening))
    t.after(() => stranger.close())
    const { port } = stranger.address() as AddressInfo
    const overTls = rig.server.url.replace('http:', 'https:')
    // It ends each connection that does not begin with TLS.
    const secure = createSecureServer()
    await new Promise<void>((listening) => secure.listen(0, '127.0.0.1', listening))
    t.after(() => secure.close())
    const { port: securePort } = secure.address() as AddressInfo
    for (const [given, says] of [
      [
        { POSTHORN_URL: `http://127.0.0.1:${await freePort()}` },
        /cannot be reached\. Is it running\? posthorn serve starts it; --url, .* \(.*ECONNREFUSED/,
      ],
      [{ POSTHORN_URL: `http://127.0.0.1:${port}` }, /status 302, and redirects to http/],
      [
        { POSTHORN_URL: overTls },
        new RegExp(`: ${overTls} does not speak https: try ${rig.server.url} \\(unreachable\\)`),
      ],
      [
        { POSTHORN_URL: `http://127.0.0.1:${securePort}` },
        new RegExp(`It closed the connection: if it speaks https, try https://127\\.0\\.0\\.1:${securePort}\\. \\(`),
      ],
      [{ POSTHORN_KEY: 'pho_wrong' }, /The key is not known\. The key comes from POSTHORN_KEY\. \(unauthenticated\)/],
    ] as const) {
      for (const args of [['tenant', 'list'], ['tail'], ['event', 'publish', 'acme', 'a.b']]) {
        const { code, stdout, stderr } = await command(args, { env: { ...env, ...given }, folder })
        assert.deepEqual([code, stdout], [1, ''])
        assert.match(stderr, says)
        assert.match(stderr, /^[^\n]+\n$/)
      }
    }
  })
})
