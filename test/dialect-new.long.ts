// `posthorn dialect new`: the drafts can be served as they are, and every guess is marked and counted.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { after, before, suite, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/schema'
import { openSite } from '../src/testing/site.ts'
import { asked } from '../src/cli/dialect-questions.ts'
import { draftFrom } from '../src/dialect-draft/draft-from-openapi.ts'
import { fileOf, guessesIn } from '../src/dialect-draft/draft.ts'
import { merged, operationsOf, readOpenApi, type Schema, successOf } from '../src/dialect-draft/openapi.ts'
import { plainDraft } from '../src/dialect-draft/plain-draft.ts'
import type { DefinedDialect } from '../src/dialect-kit/define-dialect.ts'
import { registry } from '../src/dialects/registry.ts'
import { command } from './support/command.ts'
import { dialectCommand } from './support/dialect-command.ts'
import { createOperatorClient } from './support/operator-client.ts'

const root = new URL('..', import.meta.url).pathname
const kit = pathToFileURL(join(root, 'src/dialect-kit/index.ts')).href
const folder = await mkdtemp(join(tmpdir(), 'posthorn-new-'))
after(() => rm(folder, { recursive: true }))
await writeFile(join(folder, 'package.json'), '{ "type": "module" }')

const vendors = ['allo', 'ultravox', 'partoo'] as const

/** A JSON Schema in which null is a type. */
function strict(schema: Schema): Schema {
  // A pattern of the documents is not one of JavaScript.
  const { nullable, properties, items, enum: choices, propertyNames: _, ...rest } = merged(schema)
  const members = Object.entries(properties ?? {}).map(([name, member]) => [name, strict(member)] as const)
  const own = {
    ...rest,
    ...(properties && { properties: Object.fromEntries(members), required: Object.keys(properties) }),
    ...(items && { items: strict(items) }),
    ...(choices && { enum: choices }),
  }
  return nullable === true ? { anyOf: [own, { type: 'null' }] } : own
}

suite('the draft from the page of one operation serves that operation:', () => {
  const drafts = vendors.map(async (name) => {
    const document = await readOpenApi(join(root, `test/vendor-documents/${name}.yaml`))
    const text = fileOf(draftFrom(document, `my-${name}`))
    await writeFile(join(folder, `${name}.ts`), text)
    const loaded = join(folder, `${name}-loaded.ts`)
    await writeFile(loaded, text.replace('posthorn/dialect', kit))
    const { default: defined } = (await import(pathToFileURL(loaded).href)) as { default: DefinedDialect }
    return { document, text, defined }
  })
  let site: Awaited<ReturnType<typeof openSite>>
  before(async () => {
    site = await openSite([...registry.slice(0, 1), ...(await Promise.all(drafts)).map(({ defined }) => defined)])
  })
  after(() => site.close())

  for (const [index, name] of vendors.entries()) {
    test(name, async () => {
      const { document, text, defined } = (await drafts[index]) ?? assert.fail()
      const { url, operatorKey } = site
      const client = createOperatorClient(url, operatorKey)
      try {
        const { id: tenant } = await client.createTenant({ dialect: `my-${name}` })
        const { key } = await client.createKey({ tenants: [tenant] })
        const [type = ''] = Object.keys(defined.definition.events)
        const { id } = await client.createEndpoint(tenant, { url: 'https://example.com/in', eventTypes: [type] })
        const [[at, operation] = assert.fail()] = operationsOf(document)
        const path = at.replace('GET ', '')
        const { headers = {} } = defined.definition.authentication.present(key)
        const got = await client.callAs(headers, 'GET', path.replace(/\{\w+\}/, id))
        assert.equal(got.status, 200)
        const schema = strict(successOf(operation)?.schema ?? {})
        // Headers are left out of an answer where there are none.
        const { required = [] } = schema
        const whole = { ...schema, required: required.filter((one) => one !== 'custom_headers') }
        const [, faults] = Compile(whole as unknown as TSchema).Errors(got.body)
        assert.deepEqual(faults, [], JSON.stringify(got.body))
        const absent = await client.callAs(headers, 'GET', path.replace(/\{\w+\}/, 'absent'))
        assert.equal(absent.status, 404)
        const refusal = operation.responses?.['404']?.content?.['application/json']?.schema
        if (refusal !== undefined) {
          assert.deepEqual(Compile(strict(refusal) as unknown as TSchema).Errors(absent.body), [true, []])
        }
        assert.equal((await client.callAs({}, 'GET', path)).status, 401)
        assert.ok(guessesIn(text) > 5)
      } finally {
        await client.close()
      }
    })
  }

  test('the facts of the pages are no guesses', async () => {
    const [allo, ultravox, partoo] = (await Promise.all(drafts)).map(({ text }) => text.split('\n'))
    const has = (lines: readonly string[] | undefined, line: string): void =>
      assert.ok(lines?.includes(line), `${line}\n\nin\n\n${lines?.join('\n')}`)
    has(allo, "    created_at: { is: 'createdAt', form: 'isoInSeconds' },")
    has(allo, "    'GET /v2/api/webhooks/{webhook_id}': webhooks.get({ wrap: 'data' }),")
    has(ultravox, "    endpoint: '{uuid4}',")
    has(ultravox, "  authentication: auth.header('X-API-Key'),")
    has(partoo, "    id: { is: 'id', as: 'number' },")
    has(partoo, "  api: { title: 'Partoo Rest API', version: 'v2', prefixes: ['/v2/webhooks'] },")
  })
})

test('a document in JSON, with forms and all operations, gives all routes', async () => {
  const endpoint = {
    type: 'object',
    properties: {
      sid: { type: 'string', example: 'HK7f3a' },
      callback_url: { type: ['string'], format: 'uri' },
      topic: { enum: ['a.b', 'c.d'] },
      status: { enum: ['active', 'paused'] },
      token: { type: 'string' },
      date_created: { type: 'integer' },
    },
  }
  const body = { content: { 'application/json': { schema: endpoint } } }
  const listed = {
    type: 'object',
    properties: { results: { type: 'array', items: endpoint }, next: { type: ['string', 'null'] } },
  }
  const request = { type: 'object', required: ['callback_url', 'topic'], properties: endpoint.properties }
  const hooks = {
    get: { responses: { 200: { content: { 'application/json': { schema: listed } } } } },
    post: {
      requestBody: {
        content: { 'application/x-www-form-urlencoded': { schema: { allOf: [{ $ref: '#/components/schemas/New' }] } } },
      },
      responses: { 200: body },
    },
  }
  const document = {
    openapi: '3.1.0',
    info: { title: "It's\n`odd`", version: '2' },
    servers: [{ url: '/api' }],
    paths: {
      '/hooks': hooks,
      '/hooks/{sid}': {
        post: {
          requestBody: { content: { 'application/x-www-form-urlencoded': { schema: endpoint } } },
          responses: { 200: body },
        },
        delete: { responses: { 204: {} } },
      },
      '/hooks/{sid}/rotate': { post: { responses: { 200: body } } },
      '/hooks/{sid}/ping': { post: { responses: { 200: {} } } },
      '/hooks/{sid}/disable': { post: { responses: { 200: body } } },
      '/hooks/{sid}/metrics': { get: { responses: { 200: {} } } },
      '/users': { get: { responses: { 200: {} } } },
    },
    components: {
      schemas: { New: request },
      securitySchemes: { key: { type: 'http', scheme: 'basic' } },
    },
  }
  const file = join(folder, 'openapi.json')
  await writeFile(file, JSON.stringify(document))
  const text = fileOf(draftFrom(await readOpenApi(file), 'odd'))
  for (const line of [
    String.raw`  title: 'It\'s\n` + "`odd`',",
    "    'GET /api/hooks': webhooks.list({ wrap: 'results' }), // GUESS: the answer also has next: write \"pages\"",
    "    'POST /api/hooks': webhooks.create({ status: 200 }),",
    "    'POST /api/hooks/{sid}': webhooks.change(),",
    "    'DELETE /api/hooks/{sid}': webhooks.remove(),",
    "    'POST /api/hooks/{sid}/rotate': webhooks.rotate(),",
    "    'POST /api/hooks/{sid}/ping': webhooks.ping({ status: 200 }), // GUESS: the event type of the test, and the answer",
    '  // GUESS: GET /api/hooks/{sid}/metrics is not drafted',
    "    'POST /api/hooks/{sid}/disable': webhooks.disable(),",
    "  requests: ['form'],",
    "    callback_url: { is: 'url', on: 'create! change' },",
    "    topic: { is: 'eventType', known: true, on: 'create! change' },",
    "    status: { is: 'enabled', words: ['active', 'paused'], on: 'create change' },",
    "  authentication: auth.basic({ key: 'user' }), // GUESS: the key may be the password, or both parts",
  ]) {
    assert.ok(text.split('\n').includes(line), `${line}\n\nin\n\n${text}`)
  }
})

test('a PUT that creates, pages and the log of deliveries are drafted', async () => {
  const endpoint = { type: 'object', properties: { name: { type: 'string' }, url: {}, events: { type: 'array' } } }
  const json = (schema: object) => ({ content: { 'application/json': { schema } } })
  const query = (name: string, schema: object = {}) => ({ name, in: 'query', schema })
  const listed = (more: object) =>
    json({ type: 'object', properties: { data: { type: 'array', items: endpoint }, ...more } })
  const text = async (name: string, list: object): Promise<string> => {
    const document = {
      openapi: '3.1.0',
      paths: {
        '/hooks': { get: list },
        '/hooks/{name}': {
          put: {
            requestBody: json({
              type: 'object',
              required: ['url'],
              properties: { url: {}, events: { type: 'array' } },
            }),
            responses: { 201: json(endpoint) },
          },
          get: { responses: { 200: json(endpoint) } },
        },
        '/hooks/{name}:enable': { post: { responses: { 200: json(endpoint) } } },
        '/hooks/{name}/deliveries': {
          get: { responses: { 200: json({ properties: { records: { type: 'array', items: endpoint } } }) } },
        },
      },
    }
    const file = join(folder, `${name}.json`)
    await writeFile(file, JSON.stringify(document))
    const drafted = fileOf(draftFrom(await readOpenApi(file), name))
    await writeFile(join(folder, `${name}.ts`), drafted)
    return drafted
  }
  const keyed = await text('after', {
    parameters: [query('limit', { default: 10, maximum: 50 }), query('starting_after'), query('ending_before')],
    responses: { 200: listed({ has_more: {} }) },
  })
  for (const part of [
    "name: { is: 'detail', key: true, on: 'create!' },",
    "url: { is: 'url', on: 'create! change' },",
    "'PUT /hooks/{name}': webhooks.put(), // GUESS: it also creates, because no POST does",
    "'POST /hooks/{name}:enable': webhooks.enable(),",
    "pages.cursor({ after: 'starting_after', before: 'ending_before', linkHeader: true, size: 'limit', sizeDefault: 10, sizeMax: 50, answer: (items, page) => ({ data: items, has_more: page.hasMore }) })",
    "'GET /hooks/{name}/deliveries': webhooks.deliveryLog(",
    'answer: (records, { next }) => ({ records: records, next })',
  ]) {
    assert.ok(keyed.includes(part), `${part}\n\nin\n\n${keyed}`)
  }
  assert.doesNotMatch(keyed, /POST \/hooks'/)
  const numbered = await text('numbered', {
    parameters: [query('page'), query('per_page')],
    responses: { 200: listed({ total: {} }) },
  })
  assert.match(
    numbered,
    /pages\.numbered\(\{ names: \['page', 'per_page'\], .* => \(\{ data: items, total: page\.total \}\) \}\)/,
  )
  const skipped = await text('skipped', {
    parameters: [query('offset')],
    responses: { 200: json({ type: 'array', items: endpoint }) },
  })
  assert.match(skipped, /pages\.offset\(\{ names: \['offset', 'limit'\], .*, answer: \(items\) => items \}\)/)
})

suite('the command', { concurrency: 2 }, () => {
  test('asks nothing with --yes, and the draft passes the check', async () => {
    const { code, stdout, stderr } = await dialectCommand(['new', 'acme', '--yes'], folder)
    assert.equal(code, 0, stderr)
    const text = await readFile(join(folder, 'acme.ts'), 'utf8')
    assert.match(stdout, new RegExp(`^acme\\.ts has ${guessesIn(text)} guesses, each marked with // GUESS`))
    const checked = await dialectCommand(['check', join(folder, 'acme.ts')])
    assert.equal(checked.code, 0, checked.stdout)
    const again = await dialectCommand(['new', 'acme', '--yes'], folder)
    assert.equal(again.code, 1)
    assert.match(again.stderr, /^posthorn: the file acme\.ts exists already: give another one with --out\n$/)
  })

  test('drafts from a document, and names one that it cannot use', async () => {
    const document = join(root, 'test/vendor-documents/partoo.yaml')
    const { code, stdout } = await dialectCommand(['new', 'mine', '--from', document, '--out', 'mine.ts'], folder)
    assert.equal(code, 0)
    assert.match(stdout, /^mine\.ts has \d+ guesses/)
    await writeFile(join(folder, 'swagger.yaml'), "swagger: '2.0'\n")
    await writeFile(join(folder, 'broken.yaml'), 'a: [')
    await writeFile(join(folder, 'empty.yaml'), '')
    await writeFile(join(folder, 'list.json'), '[1]')
    await writeFile(join(folder, 'notes.md'), '# Notes')
    await writeFile(join(folder, 'picture'), Buffer.from([0x89, 0x50, 0, 0xff]))
    await writeFile(join(folder, 'users.yaml'), "openapi: '3.0.0'\npaths:\n  /users: {}\n")
    const own = { openapi: '3.1.0', paths: { '/v1/tenants/{tenant}/endpoints': { get: {}, post: {} } } }
    await writeFile(join(folder, 'own.json'), JSON.stringify(own))
    for (const [name, line] of [
      ['own.json', /GET \/v1\/tenants\/\{tenant\}\/endpoints is a path of Posthorn itself, which no dialect may have/],
      ['swagger.yaml', /swagger\.yaml is no OpenAPI document \(3\.0 or 3\.1, YAML or JSON\): it has version 2\.0$/m],
      ['broken.yaml', /broken\.yaml is no OpenAPI document .*: .* \(1:5\)$/m],
      ['empty.yaml', /empty\.yaml is no OpenAPI document \(3\.0 or 3\.1, YAML or JSON\)$/m],
      ['list.json', /list\.json is no OpenAPI document .*: it has no "openapi"$/m],
      ['notes.md', /notes\.md is no OpenAPI document \(3\.0 or 3\.1, YAML or JSON\)$/m],
      ['picture', /picture is no OpenAPI document \(3\.0 or 3\.1, YAML or JSON\)$/m],
      ['users.yaml', /no path of the document is about webhooks/],
    ] as const) {
      const refused = await dialectCommand(['new', 'mine', '--from', name, '--out', 'never.ts'], folder)
      assert.equal(refused.code, 1)
      assert.match(refused.stderr, line)
      assert.equal(refused.stderr.trim().split('\n').length, 1, refused.stderr)
    }
  })

  test('ends with 2 for a wrong call', async () => {
    for (const args of [
      ['new'],
      ['new', 'Acme', '--yes'],
      ['new', 'allo', '--yes'],
      ['new', 'acme'],
      ['new', 'acme', '--from', 'nowhere.yaml'],
      ['new', 'acme', '--from', '.'],
    ]) {
      const { code, stderr } = await dialectCommand(args, folder)
      assert.equal(code, 2, stderr)
      assert.match(stderr, /^posthorn: [^\n]+\n$/)
    }
  })
})

test('the answers to the questions stand in the draft without a mark', async () => {
  const down = '\u001b[B'
  const answers: readonly (readonly [question: string, answer: string])[] = [
    ['The path that lists', '/v3/hooks'],
    ["The product's name", ''],
    ['How customers send', down],
    ['The name of the header', 'X-Acme-Key'],
    ['The types of events', 'a.b  c.d'],
    ['The field of the URL', 'callback'],
    ['The field of the event types', ''],
    ['Does a webhook', 'n'],
    ['The field that switches', '-'],
    ['The member that holds', ''],
    ['The form of the ids', ''],
    ['The signature of deliveries', down],
    ['How long a delivery', ''],
    ['The waits between', '1m 1h'],
  ]
  const [input, output] = [new PassThrough(), new PassThrough()]
  // Each question ends the stream that it writes to, as it may not do with a terminal.
  output.end = () => output
  let answered = 0
  output.on('data', (chunk: Buffer) => {
    const [question, answer] = answers[answered] ?? ['nothing', '']
    if (!chunk.toString().includes(question)) return
    answered += 1
    setTimeout(() => input.write(`${answer}\n`), 20)
  })
  const text = fileOf(await asked(plainDraft('acme'), { input, output }))
  for (const line of [
    "  authentication: auth.header('X-Acme-Key'),",
    "    'GET /v3/hooks': webhooks.list({ wrap: 'data' }),",
    "    callback: { is: 'url', on: 'create! change' },",
    "    events: { is: 'eventType', on: 'create! change' },",
    "      'x-signature-256': text('sha256=', sign.newest(sign.hmac())), // GUESS: the name of the header",
    "    waits: '1m 1h',",
  ]) {
    assert.ok(text.split('\n').includes(line), `${line}\n\nin\n\n${text}`)
  }
  assert.doesNotMatch(text, /enabled/)
  await writeFile(join(folder, 'asked.ts'), text)
})

test('drafts are TypeScript without faults', async () => {
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const files = [
    'acme.ts',
    'mine.ts',
    'asked.ts',
    'after.ts',
    'numbered.ts',
    'skipped.ts',
    ...vendors.map((name) => `${name}.ts`),
  ]
  const config = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: {
      paths: { 'posthorn/dialect': [join(root, 'src/dialect-kit/index.ts')] },
      typeRoots: [join(root, 'node_modules/@types')],
    },
    include: [join(root, 'src/http')],
    files: files.map((name) => join(folder, name)),
  }
  const path = join(folder, 'tsconfig.json')
  await writeFile(path, JSON.stringify(config))
  const { status, stdout } = spawnSync(process.execPath, [tsc, '--noEmit', '-p', path], { encoding: 'utf8' })
  assert.equal(status, 0, stdout)
})

test('the next command is one that can be pasted: with npx if it was called with npx', async () => {
  for (const [name, env, next] of [
    ['by-npx', { npm_command: 'exec', npm_lifecycle_event: 'npx' }, 'npx posthorn dialect check by-npx.ts'],
    ['by-path', {}, 'posthorn dialect check by-path.ts'],
  ] as const) {
    const { stdout, stderr } = await command(['dialect', 'new', name, '--yes'], { env, folder })
    assert.ok(stdout.endsWith(`\n\n    ${next}\n`), stdout + stderr)
  }
})
