// `posthorn dialect new --from`: the draft of a document passes the whole check as it is.

import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { checkDialect } from '../src/dialect-check/check-dialect.ts'
import { draftFrom } from '../src/dialect-draft/draft-from-openapi.ts'
import { fileOf } from '../src/dialect-draft/draft.ts'
import { readOpenApi } from '../src/dialect-draft/openapi.ts'
import type { DefinedDialect } from '../src/dialect-kit/define-dialect.ts'
import { registry } from '../src/dialects/registry.ts'
import { openSite } from '../src/testing/site.ts'

const kit = new URL('../src/dialect-kit/index.ts', import.meta.url).href
const folder = await mkdtemp(join(tmpdir(), 'posthorn-new-served-'))
after(() => rm(folder, { recursive: true }))
await writeFile(join(folder, 'package.json'), '{ "type": "module" }')

const json = (schema: object) => ({ content: { 'application/json': { schema } } })
const object = (properties: object, required: readonly string[] = []) => ({ type: 'object', properties, required })

interface Traits {
  /** The fields that requests and answers have. */
  readonly fields: object
  readonly required: readonly string[]
  /** The schema of ids. */
  readonly id?: object
  /** The names and schemas of the parameters of the list. */
  readonly query?: object
  /** Further members of the list. */
  readonly list?: object
  /** The section `webhooks`. */
  readonly webhooks?: object
}

/** The document of a product whose webhooks have these traits. */
function documentOf(name: string, { fields, required, id = {}, query = {}, list = {}, webhooks = {} }: Traits): object {
  const shown = object({ id: { type: 'string', readOnly: true, ...id }, ...fields })
  const parameters = Object.entries(query).map(([parameter, schema]) => ({
    name: parameter,
    in: 'query',
    schema: schema as object,
  }))
  const listed = object({ data: { type: 'array', items: shown }, ...list })
  return {
    openapi: '3.0.3',
    info: { title: name, version: '1' },
    paths: {
      [`/${name}/subscriptions`]: {
        get: { parameters, responses: { 200: json(listed) } },
        post: { requestBody: json(object(fields, required)), responses: { 201: json(shown) } },
      },
      [`/${name}/subscriptions/{id}`]: {
        get: { responses: { 200: json(shown) } },
        patch: { requestBody: json(object(fields)), responses: { 200: json(shown) } },
        delete: { responses: { 204: {} } },
      },
    },
    webhooks,
    components: {
      securitySchemes: { key: { type: 'http', scheme: 'bearer' } },
      schemas: {
        Delivery: object({ endpoint: url, format: { type: 'string', enum: ['json', 'form'] } }, ['endpoint']),
      },
    },
  }
}

const url = { type: 'string', format: 'uri' }
const events = { type: 'array', items: { type: 'string', enum: ['a.b', 'c.d', 'e.f'] } }
const needed = 'the document does not require it, and a webhook needs it'

const plain = { fields: { url, events }, required: ['url', 'events'] }

function listLine(name: string, pages: string, reason = ''): string {
  return `'GET /${name}/subscriptions': webhooks.list({ pages: pages.${pages} }), // GUESS: how the pages are turned${reason}`
}

/** The traits of a document, and the lines that its draft has. */
const cases: Readonly<Record<string, readonly [Traits, readonly string[]]>> = {
  nested: [
    { fields: { delivery: { $ref: '#/components/schemas/Delivery' }, events }, required: ['delivery', 'events'] },
    [
      "'delivery.endpoint': { is: 'url', on: 'create! change' },",
      "'delivery.format': { is: 'detail', on: 'create change', schema: { type: 'string', enum: ['json', 'form'] } },",
    ],
  ],
  deep: [
    {
      fields: {
        target: object({ http: object({ target_url: url }) }),
        filter: object({ event_types: events }, ['event_types']),
        config: object({ secret: { type: 'string' }, retries: { type: 'integer', maximum: 5 } }),
      },
      required: ['target', 'filter'],
    },
    [
      `'target.http.target_url': { is: 'url', on: 'create! change' }, // GUESS: ${needed}`,
      "'filter.event_types': { is: 'eventTypes', known: true, on: 'create! change' },",
      "'config.retries': { is: 'detail', on: 'create change', schema: { type: 'integer', maximum: 5 } },",
    ],
  ],
  urlless: [
    { fields: { queue: { type: 'string' }, events }, required: ['events'] },
    ["url: { is: 'url', on: 'create! change' }, // GUESS: no field of the document is the URL"],
  ],
  typeless: [
    {
      fields: { delivery: { $ref: '#/components/schemas/Delivery' }, last: object({ id: {}, url }) },
      required: ['delivery'],
    },
    [
      "'delivery.endpoint': { is: 'url', on: 'create! change' },",
      "events: { is: 'eventTypes', all: 'empty', on: 'create change' }, // GUESS: no field of the document has the event types, so a webhook gets all events",
    ],
  ],
  several: [
    { fields: { callback_url: url, url, destination: url, events }, required: ['url', 'events'] },
    [
      "callback_url: { is: 'detail', on: 'create change', schema: { type: 'string', format: 'uri' } }, // GUESS: another field is the URL",
      "url: { is: 'url', on: 'create! change' },",
    ],
  ],
  formatted: [
    { fields: { destination: url, events }, required: ['destination', 'events'] },
    ["destination: { is: 'url', on: 'create! change' }, // GUESS: its format is that of a URL"],
  ],
  optional: [
    { fields: { url, events, label: { type: 'string' } }, required: [] },
    [
      `url: { is: 'url', on: 'create! change' }, // GUESS: ${needed}`,
      `events: { is: 'eventTypes', known: true, on: 'create! change' }, // GUESS: ${needed}; if a webhook without it gets all events, write all: 'empty'`,
      "label: { is: 'description', nullable: true, on: 'create change' }, // GUESS: a webhook without it shows null",
    ],
  ],
  bounded: [
    {
      fields: {
        url: { ...url, maxLength: 500, pattern: '^https://' },
        name: { type: 'string', minLength: 3, pattern: '^[a-z]+$' },
        events: { ...events, minItems: 1, maxItems: 3 },
        rate: { type: 'integer', minimum: 5, maximum: 60, multipleOf: 5 },
        tags: { type: 'array', minItems: 1, items: { type: 'string', maxLength: 10 } },
        batch: object({ size: { type: 'integer', minimum: 2, nullable: true } }, ['size']),
      },
      required: ['url', 'name', 'events'],
    },
    [
      "url: { is: 'url', schema: { maxLength: 500 }, on: 'create! change' }, // GUESS: the document also has the rule pattern",
      "name: { is: 'description', schema: { minLength: 3, pattern: '^[a-z]+$' }, on: 'create! change' },",
      "events: { is: 'eventTypes', known: true, schema: { minItems: 1, maxItems: 3 }, on: 'create! change' },",
      "rate: { is: 'detail', on: 'create change', schema: { type: 'integer', minimum: 5, maximum: 60 } }, // GUESS: the document also has the rule multipleOf",
      "tags: { is: 'detail', on: 'create change', schema: { type: 'array', minItems: 1, items: { type: 'string', maxLength: 10 } } },",
      "batch: { is: 'detail', on: 'create change', schema: { type: 'object', properties: { size: { type: ['integer', 'null'], minimum: 2 } }, required: ['size'] } },",
    ],
  ],
  united: [
    { ...plain, webhooks: { 'c.d': { post: { summary: 'It was' } }, 'x.y': { post: {} } } },
    [
      "'c.d': 'It was', // GUESS: the descriptions of the events; only the section webhooks has x.y",
      "'x.y': 'The event x.y',",
      "'a.b': 'The event a.b',",
      "'e.f': 'The event e.f',",
    ],
  ],
  identified: [{ ...plain, id: { pattern: '^sub_[a-z0-9]{16}$' } }, ["endpoint: 'sub_{base36:16}',"]],
  paged: [
    {
      ...plain,
      query: { cursor: { type: 'string' }, limit: { type: 'integer', maximum: 10 } },
      list: { paging: object({ next_cursor: { type: 'string', nullable: true }, has_more: { type: 'boolean' } }) },
    },
    [
      listLine(
        'paged',
        "cursor({ after: 'cursor', size: 'limit', sizeDefault: 10, sizeMax: 10, answer: (items, page) => ({ data: items, paging: { next_cursor: page.next, has_more: page.hasMore } }) })",
      ),
    ],
  ],
  linked: [
    { ...plain, query: { cursor: {}, limit: {} }, list: { cursor: { type: 'string' }, took: {} } },
    [
      listLine(
        'linked',
        "cursor({ after: 'cursor', linkHeader: true, size: 'limit', sizeDefault: 20, sizeMax: 100, answer: (items, page) => ({ data: items, cursor: page.next }) })",
        '; the answer also has took; no member of the answer is known as the cursor of the next page, so the header Link has its URL',
      ),
    ],
  ],
  after: [
    { ...plain, query: { starting_after: {}, limit: {} }, list: { has_more: { type: 'boolean' } } },
    [
      listLine(
        'after',
        "cursor({ after: 'starting_after', cursors: 'ids', size: 'limit', sizeDefault: 20, sizeMax: 100, answer: (items, page) => ({ data: items, has_more: page.hasMore }) })",
      ),
    ],
  ],
  numbered: [
    {
      ...plain,
      query: { page: {}, per_page: { default: 5 } },
      list: {
        meta: object({ page: {}, total: {}, total_pages: {}, has_more: {} }),
        links: object({ next: {}, prev: { type: 'integer' } }),
      },
    },
    [
      listLine(
        'numbered',
        "numbered({ names: ['page', 'per_page'], sizeDefault: 5, sizeMax: 100, answer: (items, page) => ({ data: items, meta: { page: page.page, total: page.total, total_pages: page.pageCount, has_more: page.nextUrl !== null }, links: { next: page.nextUrl } }) })",
        '; the answer also has links.prev',
      ),
    ],
  ],
  skipping: [
    { ...plain, query: { offset: {}, limit: {} }, list: { total: {}, offset: {}, next: url } },
    [
      listLine(
        'skipping',
        "offset({ names: ['offset', 'limit'], sizeDefault: 20, sizeMax: 100, answer: (items, page) => ({ data: items, total: page.total, offset: page.offset, next: page.nextUrl }) })",
      ),
    ],
  ],
}

suite('the draft of a document with these traits passes the check:', () => {
  const drafts = new Map<string, { readonly text: string; readonly defined: DefinedDialect }>()
  let site: Awaited<ReturnType<typeof openSite>>
  before(async () => {
    for (const [name, [traits]] of Object.entries(cases)) {
      const file = join(folder, name)
      await writeFile(`${file}.json`, JSON.stringify(documentOf(name, traits)))
      const text = fileOf(draftFrom(await readOpenApi(`${file}.json`), name))
      await writeFile(`${file}.ts`, text.replace('posthorn/dialect', kit))
      const { default: defined } = (await import(pathToFileURL(`${file}.ts`).href)) as { default: DefinedDialect }
      drafts.set(name, { text, defined })
    }
    site = await openSite([...registry, ...[...drafts.values()].map(({ defined }) => defined)])
  })
  after(() => site.close())

  for (const [name, [, lines]] of Object.entries(cases)) {
    test(name, async () => {
      const { text, defined } = drafts.get(name) ?? assert.fail()
      const have = text.split('\n').map((line) => line.trim())
      for (const line of lines) assert.ok(have.includes(line), `${line}\n\nin\n\n${text}`)
      assert.deepEqual(
        (await checkDialect(defined, site)).flatMap(({ faults }) => faults),
        [],
      )
    })
  }
})
