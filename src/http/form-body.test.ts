// Any bytes in a form get an answer that is no error of the server, and leave the prototypes of objects alone.

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import fc from 'fast-check'
import Fastify from 'fastify'
import { Type } from 'typebox'
import { request } from 'undici'
import { acceptBodies } from './form-body.ts'
import { formValues } from './form-values.ts'
import { ProblemError } from './problem-error.ts'

const names = [
  'a',
  'a[b]',
  'a[]',
  'a[0]',
  '__proto__',
  'a[__proto__][x]',
  'constructor[prototype][x]',
  '[',
  'a]',
  '',
  'é',
]
const parts = fc.array(fc.tuple(fc.oneof(fc.constantFrom(...names), fc.string()), fc.string()), { maxLength: 20 })

suite('a form of any content', () => {
  const app = Fastify()
  let url = ''
  before(async () => {
    acceptBodies(app, ['form', 'multipart'])
    app.setErrorHandler((error, _request, reply) => reply.code(error instanceof ProblemError ? 400 : 500).send('{}'))
    app.post('/', (asked) => ({ body: asked.body ?? null }))
    url = await app.listen({ port: 0, host: '127.0.0.1' })
  })
  after(() => app.close())

  const check = async (mediaType: string, body: string | Buffer): Promise<void> => {
    const answer = await request(url, { method: 'POST', headers: { 'content-type': mediaType }, body })
    const text = await answer.body.text()
    assert.ok([200, 400].includes(answer.statusCode), text)
    assert.deepEqual([({} as Record<string, unknown>)['x'], Object.keys(Object.prototype)], [undefined, []])
  }

  test('is read or refused, URL-encoded', () =>
    fc.assert(
      fc.asyncProperty(parts, fc.boolean(), async (fields, isEncoded) => {
        const text = isEncoded
          ? new URLSearchParams(fields.map(([name, value]) => [name, value])).toString()
          : fields.map((field) => field.join('=')).join('&')
        await check('application/x-www-form-urlencoded', text)
      }),
      { numRuns: 200 },
    ))

  test('is read or refused, in parts', () =>
    fc.assert(
      fc.asyncProperty(parts, fc.uint8Array({ maxLength: 20 }), fc.nat(300), async (fields, noise, at) => {
        const form = new FormData()
        for (const [name, value] of fields) form.append(name, value)
        const made = new Response(form)
        const body = Buffer.from(await made.arrayBuffer())
        const mediaType = made.headers.get('content-type') ?? ''
        await check(mediaType, body)
        await check(mediaType, Buffer.concat([body.subarray(0, at), noise, body.subarray(at)]))
      }),
      { numRuns: 100 },
    ))
})

test('texts become values where the schema has others, and stay texts elsewhere', () => {
  const schema = Type.Object({
    number: Type.Integer(),
    flag: Type.Boolean(),
    list: Type.Array(Type.Number()),
    none: Type.Union([Type.String(), Type.Null()]),
    map: Type.Unsafe({ type: 'object', additionalProperties: { type: 'integer' } }),
  })
  const form = { number: '5', flag: 'false', list: '1.5', none: '', map: { a: '1' }, other: '1' }
  assert.deepEqual(JSON.parse(JSON.stringify(formValues(schema, form))), {
    number: 5,
    flag: false,
    list: [1.5],
    none: null,
    map: { a: 1 },
    other: '1',
  })
  const odd = { number: '05', flag: '1', list: ['x'], none: 'null', map: 'a' }
  assert.deepEqual(JSON.parse(JSON.stringify(formValues(schema, odd))), odd)
})
