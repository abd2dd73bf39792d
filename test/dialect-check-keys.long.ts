// The check of dialects whose customers choose the names of webhooks, whose fields have patterns, whose lists come in
// pages, and which have quotas.

import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import { openSite } from '../src/testing/site.ts'
import { checkDialect } from '../src/dialect-check/check-dialect.ts'
import { defineDialect, type DialectDefinition, errors, pages, webhooks } from '../src/dialect-kit/index.ts'
import { registry } from '../src/dialects/registry.ts'
import { acme, errorSchema, sayings } from './support/acme.ts'

type Parts = Partial<DialectDefinition>

const dialect = (name: string, parts: Parts) => {
  const { examples: _, ...good } = acme(name)
  return defineDialect({ ...good, ...parts })
}

const { id: _id, ...fields } = acme('acme').endpoint
const label = { is: 'detail', key: true, on: 'create!' } as const

/** Routes without POST: a PUT creates. */
const routes = (name: string, put: string, change: Parts['routes'] = {}): NonNullable<Parts['routes']> => ({
  [`GET /${name}/hooks`]: webhooks.list({ wrap: 'hooks' }),
  [`PUT /${name}/hooks${put}`]: webhooks.put({ wrap: 'hook' }),
  [`GET /${name}/hooks/{label}`]: webhooks.get({ wrap: 'hook' }),
  [`DELETE /${name}/hooks/{label}`]: webhooks.remove(),
  ...change,
})

const keyed = (name: string, schema: Readonly<Record<string, unknown>>, put = '/{label}', parts: Parts = {}) =>
  dialect(name, { endpoint: { label: { ...label, schema }, ...fields }, routes: routes(name, put), ...parts })

const paged = (name: string, form: Parameters<typeof webhooks.list>[0]) =>
  dialect(name, { routes: { ...acme(name).routes, [`GET /${name}/hooks`]: webhooks.list(form) } })

const sizes = { sizeDefault: 10, sizeMax: 100 }
type Cursor = Parameters<Parameters<typeof pages.cursor>[0]['answer']>[1]
const quotas = { key: { reads: '20/1s', writes: '500/2m+49500' } } as const
const limiting = (tooManyRequests: object) =>
  errors.own<{ code: string }>({
    ...sayings,
    tooManyRequests,
    schema: errorSchema,
    body: ({ code, message }) => ({ error: { code, message } }),
  })

const good = [
  keyed('inpath', {}),
  keyed('inbody', {}, ''),
  keyed('patterned', { pattern: '^[a-z][a-z0-9-]{0,20}$', maxLength: 12 }),
  keyed('chosen', { enum: ['first', 'second'] }),
  keyed('shown', { pattern: '^(?=[a-z])(?!x)[a-z]+$', examples: ['one', 'two', 'three'] }),
  dialect('named', {
    endpoint: { ...fields, topics: { is: 'eventType', key: true, on: 'create!' } },
    routes: { [`POST /named/hooks`]: webhooks.create({ wrap: 'hook' }), [`GET /named/hooks`]: webhooks.list() },
  }),
  paged('numbered', { pages: pages.numbered({ ...sizes, answer: (hooks, { page }) => ({ hooks, page }) }) }),
  paged('offset', { pages: pages.offset({ ...sizes, answer: (hooks) => ({ hooks }) }) }),
  paged('after', {
    pages: pages.cursor({ ...sizes, after: 'after', cursors: 'ids', answer: (hooks) => ({ hooks }) }),
  }),
  paged('token', {
    pages: pages.cursor({ ...sizes, after: 'token', answer: (hooks, { next }) => ({ hooks, next }) }),
  }),
  paged('linked', {
    pages: pages.cursor({ ...sizes, after: 'token', linkHeader: true, answer: (hooks) => ({ hooks }) }),
  }),
  paged('django', { pages: pages.django({ sizeName: 'size', ...sizes }) }),
  dialect('limited', { quotas }),
]

const nextPage = (next: (page: Cursor) => unknown) => ({
  pages: pages.cursor({ ...sizes, after: 'token', answer: (hooks, page) => ({ hooks, next: next(page) }) }),
})
const bad = {
  'a put answers another status': [
    keyed('status', {}, '/{label}', {
      routes: routes('status', '/{label}', {
        'PUT /status/hooks/{label}': webhooks.put({ wrap: 'hook' }),
        'GET /status/hooks/{label}': webhooks.get(),
      }),
      examples: {
        requests: [{ route: 'PUT /status/hooks/{label}', absentId: 'a', body: {}, answer: { status: 418 } }],
      },
    }),
    /PUT \/status\/hooks\/\{label\} answered 400, and the example has 418/,
  ],
  'a pattern has no texts': [
    keyed('unmade', { pattern: '^(?=[a-z])[a-z]+$' }),
    /^endpoint\.label: no value of its schema can be made: give some in "examples" of the schema$/,
  ],
  'no page leads to the next': [
    paged(
      'lost',
      nextPage(() => null),
    ),
    /GET \/lost\/hooks in pages of 1 shows the webhooks hook_\w+, and there are hook_\w+, hook_\w+, hook_\w+/,
  ],
  'later pages have another form': [
    paged(
      'late',
      nextPage(({ next, previous }) => (previous === null ? next : { is: next })),
    ),
    /GET \/late\/hooks answered 200: \/next must be/,
  ],
  'a request past a quota succeeds': [
    dialect('lax', { quotas, errors: limiting({ status: 200, code: 'slow_down' }) }),
    /GET \/lax\/hooks\S* past a quota is answered 200/,
  ],
  'a request past a quota has another form': [
    dialect('bare', { quotas: { tenant: { writes: '5/1s' } }, errors: limiting({ code: undefined }) }),
    /POST \/bare\/hooks\S* past a quota is answered 429/,
  ],
} as const

const site = await openSite([...registry, ...good, ...Object.values(bad).map(([defined]) => defined)])
after(() => site.close())

const faultsOf = async (defined: (typeof good)[number]): Promise<readonly string[]> =>
  (await checkDialect(defined, site)).flatMap(({ faults }) => faults)

suite('there are no faults in', { concurrency: 4 }, () => {
  for (const defined of good) {
    test(defined.dialect.name, async () => assert.deepEqual(await faultsOf(defined), []))
  }
})

suite('a fault is found:', { concurrency: 4 }, () => {
  for (const [title, [defined, words]] of Object.entries(bad)) {
    test(title, async () => assert.match((await faultsOf(defined)).join('\n'), words))
  }
})
