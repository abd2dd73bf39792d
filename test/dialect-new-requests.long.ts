// `posthorn dialect new --from`: the parts that only the requests of a document have.

import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { draftFrom } from '../src/dialect-draft/draft-from-openapi.ts'
import { fileOf } from '../src/dialect-draft/draft.ts'
import { readOpenApi } from '../src/dialect-draft/openapi.ts'

const folder = await mkdtemp(join(tmpdir(), 'posthorn-new-requests-'))
after(() => rm(folder, { recursive: true }))

test('the types and the lengths of requests are drafted, and only a field with an enumeration has known types', async () => {
  const json = (schema: object) => ({ content: { 'application/json': { schema } } })
  const texts = (more: object) => ({ type: 'object', properties: { url: { type: 'string', maxLength: 200 }, ...more } })
  const draftOf = async (name: string, items: object, more: object = {}): Promise<string> => {
    const events = { type: 'array', items: { type: 'string', ...items } }
    const request = texts({
      label: { type: 'string', maxLength: 40 },
      colour: { type: 'string', maxLength: 7 },
      events,
    })
    const answer = texts({ id: {}, label: { type: 'string' }, colour: { type: 'string' }, events: { type: 'array' } })
    const paths = {
      '/hooks': { post: { requestBody: json(request), responses: { 201: json(answer) } } },
      '/hooks/{id}': { get: { responses: { 200: json(answer) } } },
    }
    const file = join(folder, `${name}.json`)
    await writeFile(file, JSON.stringify({ openapi: '3.1.0', paths, ...more }))
    return fileOf(draftFrom(await readOpenApi(file), name))
  }
  const lengthy = await draftOf('lengthy', { enum: ['a.b', 'c.d'] })
  for (const line of [
    "    'a.b': 'The event a.b', // GUESS: the descriptions of the events",
    "    'c.d': 'The event c.d',",
    "    url: { is: 'url', schema: { maxLength: 200 }, on: 'create!' }, // GUESS: the document does not require it, and a webhook needs it",
    "    label: { is: 'description', nullable: true, schema: { maxLength: 40 }, on: 'create' }, // GUESS: a webhook without it shows null",
    "    colour: { is: 'detail', on: 'create', schema: { type: 'string', maxLength: 7 } },",
    "    events: { is: 'eventTypes', known: true, on: 'create!' }, // GUESS: the document does not require it, and a webhook needs it; if a webhook without it gets all events, write all: 'empty'",
  ]) {
    assert.ok(lengthy.split('\n').includes(line), `${line}\n\nin\n\n${lengthy}`)
  }
  const open = await draftOf('open', {}, { webhooks: { 'x.y': { post: { summary: 'It was' } } } })
  assert.match(open, /\n {4}'x\.y': 'It was',\n/)
  assert.match(open, /\n {4}events: \{ is: 'eventTypes', on: 'create!' \}, \/\/ GUESS/)
})
