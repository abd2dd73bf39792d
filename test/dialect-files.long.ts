// Dialects in files of the operator: a folder without node_modules, and files that cannot be used.

import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test, type TestContext } from 'node:test'
import { createOperatorClient } from './support/operator-client.ts'
import { startReceiver } from './support/receiver.ts'
import { serve } from './support/serve-run.ts'
import { createInstallation, startServer } from './support/server-process.ts'

const folder = await mkdtemp(join(tmpdir(), 'posthorn-dialects-'))
after(() => rm(folder, { recursive: true }))

interface Parts {
  readonly name?: string
  readonly path?: string
  readonly waits?: string
  readonly before?: string
}

/** The text of a dialect: TypeScript, with a type in it. */
function dialectText({ name = 'acme', path = '/acme/hooks', waits = '1m 5m', before = '' }: Parts = {}): string {
  return `${before}
    import { auth, defineDialect, errors, event, json, secrets, sign, text, webhooks } from 'posthorn/dialect'
    const path: string = '${path}'
    export default defineDialect({
      name: '${name}',
      title: 'Acme',
      api: { title: 'Acme', version: '1', prefixes: [path] },
      ids: { tenant: 'acc_{base62:12}', endpoint: 'hook_{base62:12}', event: 'evt_{time:20}' },
      keys: { form: 'acme_{base62:40}' },
      authentication: auth.header('X-Acme-Key'),
      events: { 'order.paid': 'An order was paid' },
      testEvent: () => ({ type: 'order.paid', data: {} }),
      endpoint: {
        id: { is: 'id' },
        target: { is: 'url', on: 'create!' },
        topics: { is: 'eventTypes', on: 'create!' },
        secret: { is: 'secret', shown: 'create' },
      },
      routes: { ['POST ' + path]: webhooks.create({ wrap: 'hook' }), ['GET ' + path + '/{id}']: webhooks.get({ wrap: 'hook' }) },
      errors: errors.own<{ code: string }>({
        otherwise: { code: 'bad' },
        notFound: { code: 'gone', message: 'no hook {id}' },
        body: ({ code, message }) => ({ problem: code, message }),
      }),
      deliveries: {
        body: json({ kind: event.type, order: event.data }),
        headers: { 'X-Acme-Signature': text('sha256=', sign.newest(sign.hmac())) },
        secrets: secrets.text({ form: 'sec_{hex:32}' }),
        timeout: '5s',
        waits: '${waits}',
      },
    })
  `
}

async function file(name: string, content: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}

test('a dialect in TypeScript, in a folder without node_modules, is served like a shipped one', async (t) => {
  const own = join(folder, 'own')
  await mkdir(own)
  await mkdir(join(own, 'shared'))
  await writeFile(
    join(own, 'shared', 'signature.ts'),
    "import { sign, text } from 'posthorn/dialect'\nexport const signature = text('sha256=', sign.newest(sign.hmac()))\n",
  )
  await writeFile(
    join(own, 'acme.ts'),
    dialectText({ before: "import { signature } from './shared/signature.ts'" }).replace(
      "text('sha256=', sign.newest(sign.hmac()))",
      'signature',
    ),
  )
  for (const name of ['README.md', 'acme.examples.ts', 'acme.test.ts', 'acme.d.ts']) {
    await writeFile(join(own, name), 'no dialect')
  }
  const installation = await createInstallation()
  const receiver = await startReceiver()
  const server = await startServer(installation, { POSTHORN_DIALECT_FILES: own })
  const client = createOperatorClient(server.url, installation.operatorKey)
  t.after(async () => {
    await client.close()
    await server.kill('SIGKILL')
    await receiver.close()
    await installation.remove()
  })
  const { id: tenant } = await client.createTenant({ dialect: 'acme' })
  const { key } = await client.createKey({ tenants: [tenant] })
  const headers = { 'x-acme-key': key }
  const hook = { target: `${receiver.url}/in`, topics: ['order.paid'] }
  const created = await client.callAs(headers, 'POST', '/acme/hooks', hook)
  assert.equal(created.status, 201)
  const { hook: shown } = created.body as { hook: Record<string, unknown> }
  assert.match(String(shown['id']), /^hook_[0-9A-Za-z]{12}$/)
  assert.deepEqual(Object.keys(shown), ['id', 'target', 'topics', 'secret'])
  const got = await client.callAs(headers, 'GET', `/acme/hooks/${String(shown['id'])}`)
  assert.deepEqual(got.body, { hook: { id: shown['id'], ...hook } })
  const absent = await client.callAs(headers, 'GET', '/acme/hooks/hook_0')
  assert.deepEqual([absent.status, absent.body], [404, { problem: 'gone', message: 'no hook hook_0' }])
  assert.equal((await client.callAs({}, 'GET', '/acme/hooks/hook_0')).status, 401)

  await client.postEvent({ tenant, type: 'order.paid', data: { total: 1 } })
  const [arrived] = await receiver.untilReceived(1)
  const body = '{"kind":"order.paid","order":{"total":1}}'
  assert.equal(arrived?.body.toString(), body)
  const expected = createHmac('sha256', String(shown['secret'])).update(body).digest('hex')
  assert.equal(arrived?.headers['x-acme-signature'], `sha256=${expected}`)
  assert.equal((await client.call('GET', '/openapi/acme.json')).status, 200)
})

suite('a start is refused with one line that names the file:', () => {
  const refused = async (t: TestContext, paths: readonly string[], line: RegExp, code = 1): Promise<void> => {
    const service = serve(t, folder, {
      POSTHORN_PORT: '0',
      POSTHORN_DATABASE: `sqlite:${join(folder, 'never', 'posthorn.db')}`,
      POSTHORN_DIALECT_FILES: paths.join(),
    })
    assert.equal(await service.exited(), code, service.stdout())
    assert.match(service.stderr(), line)
    assert.equal(service.stderr().trim().split('\n').length, 1, service.stderr())
  }
  const cases: Readonly<Record<string, readonly [name: string, content: string, line: RegExp]>> = {
    'text that is no program': ['broken.ts', 'export default {', /broken\.ts:\d+ cannot be loaded: SyntaxError/],
    'JavaScript that is no program': [
      'broken.js',
      'const a = 1\nexport default { a 1 }',
      /broken\.js:2 cannot be loaded: SyntaxError: Unexpected number$/m,
    ],
    'an import that the kit does not have': [
      'sing.ts',
      "\nimport { sing } from 'posthorn/dialect'",
      /sing\.ts:2 cannot be loaded: SyntaxError: .* does not provide an export named 'sing'$/m,
    ],
    'a misspelt part': [
      'part.ts',
      dialectText().replace('event.type', 'event.typ'),
      /part\.ts:\d+ cannot be loaded: event\.typ: is not known; known are id, type, data/,
    ],
    'a file that never ends': ['waits.js', 'await new Promise(() => {})', /waits\.js ends the process$/m],
    'another import that does not exist': [
      'import.js',
      "import 'acme-tools'",
      /import\.js cannot be loaded: Error: Cannot find package 'acme-tools'/,
    ],
    'no default export': ['none.js', 'export const acme = 1', /none\.js must have defineDialect/],
    'an object that is not defined by the kit': [
      'plain.js',
      'export default { dialect: {} }',
      /plain\.js must have defineDialect/,
    ],
    'no dialect, and a server that keeps the process': [
      'listens.js',
      "import { createServer } from 'node:http'\ncreateServer(() => {}).listen(0)\nexport default 5",
      /listens\.js must have defineDialect/,
    ],
    'an error of its own': [
      'throws.js',
      "throw new Error('no vault\\nsecond line')",
      /throws\.js:\d+ cannot be loaded: Error: no vault$/m,
    ],
    'an end of the process': ['exits.js', 'process.exit(0)', /the dialect file \S+exits\.js ends the process$/m],
    'a wrong definition': [
      'waits.ts',
      dialectText({ waits: 'soon' }),
      /waits\.ts cannot be loaded: deliveries\.waits: "soon"/,
    ],
    'a definition with a member that is misspelt': [
      'misspelt.ts',
      dialectText().replace("title: 'Acme'", "titel: 'Acme'"),
      /misspelt\.ts cannot be loaded: titel: is not known; known are name, title, ids/,
    ],
    'the name of a shipped dialect': [
      'allo.ts',
      dialectText({ name: 'allo' }),
      /allo\.ts defines allo, which Posthorn defines too/,
    ],
    'a path of a shipped dialect': [
      'paths.ts',
      dialectText({ path: '/v2/api/webhooks' }),
      /paths\.ts has POST \/v2\/api\/webhooks, a path of the dialect allo of Posthorn: give the dialect acme other paths/,
    ],
    'a path of a shipped dialect, with another method': [
      'methods.ts',
      dialectText({ path: '/v2/api/webhooks' }).replace("'POST '", "'PATCH '").replace('/{id}', '/own/{id}'),
      /methods\.ts has PATCH \/v2\/api\/webhooks, a path of the dialect allo of Posthorn/,
    ],
  }
  for (const [title, [name, content, line]] of Object.entries(cases)) {
    test(title, async (t) => refused(t, [await file(name, content)], line))
  }

  for (const path of ['/v1/events', '/docs']) {
    test(`the path ${path} of Posthorn itself`, async (t) => {
      const own = await file('own.ts', dialectText({ path }))
      const line = new RegExp(
        `own\\.ts.* routes\\["POST ${path}"\\]: is a path of Posthorn itself: give the dialect other paths`,
      )
      await refused(t, [own], line)
    })
  }

  test('another kind of file', async (t) => {
    const notes = await file('notes.md', '# Notes')
    await refused(t, [notes], /the dialect file \S+notes\.md must be a \.ts or \.js file$/m, 2)
  })

  test('a file that does not exist', (t) =>
    refused(t, ['./nowhere.ts'], /the dialect file \.\/nowhere\.ts does not exist/, 2))

  test('a folder without files', async (t) => {
    await mkdir(join(folder, 'empty'), { recursive: true })
    await refused(t, [join(folder, 'empty')], /has no dialect files/, 2)
  })
})
