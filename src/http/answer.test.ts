import assert from 'node:assert/strict'
import { type AddressInfo, connect } from 'node:net'
import { suite, test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import Fastify from 'fastify'
import { until } from '../../test/support/api-rig.ts'
import { failure, success } from '../domain/problem.ts'
import { answerWith, sendAnswer, type SuccessAnswer } from './answer.ts'

test('a problem is passed on, and never rendered', () => {
  const problem = { kind: 'notFound', what: 'endpoint', id: 'ep_1' } as const
  const answered = answerWith(failure(problem), () => assert.fail('nothing is rendered'))
  assert.deepEqual(answered, { ok: false, problem })
})

test('a value in memory is answered without a promise', () => {
  const answered = answerWith(success('x'), (body) => ({ status: 200, body }))
  assert.deepEqual(answered, { ok: true, value: { status: 200, body: 'x' } })
})

test('a refusal does not type-check as the answer of a handler', () => {
  // @ts-expect-error: only problems are refusals, so that the front of the API renders them
  const refusal: SuccessAnswer = { status: 404, body: { detail: 'Invalid cursor' } }
  assert.equal(refusal.status, 404)
})

suite('an answer in chunks', () => {
  const chunk = 'x'.repeat(64 * 1024)
  const count = 1000

  /** A server that answers each request with the chunks of `make`. */
  async function serve(t: TestContext, make: () => AsyncGenerator<string>) {
    const app = Fastify()
    app.addHook('onRequest', (request, _reply, done) => {
      request.answerHeaders = null
      done()
    })
    app.get('/', (_request, reply) => sendAnswer(reply, { status: 200, body: make() }))
    await app.listen({ host: '127.0.0.1', port: 0 })
    t.after(() => app.close())
    return (app.server.address() as AddressInfo).port
  }

  test('is made as fast as its caller reads, and not at all for a caller that has gone', async (t) => {
    let made = 0
    let ended = false
    const port = await serve(t, async function* () {
      try {
        for (; made < count; made++) yield chunk
      } finally {
        ended = true
      }
    })
    const socket = connect(port, '127.0.0.1')
    socket.pause()
    socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
    const counts = [-1, 0]
    await until(async () => {
      await sleep(200)
      counts.push(made)
      return made > 0 && counts.at(-2) === made
    }, 'no more chunks are made')
    assert.ok(made < count / 2, `${made} chunks were made for a caller that reads nothing`)
    socket.destroy()
    await until(() => ended, 'the generator has ended')
    assert.ok(made < count)
  })

  test('is complete, or breaks off', async (t) => {
    const port = await serve(t, async function* () {
      for (let index = 0; index < count; index++) yield chunk
    })
    const text = await (await fetch(`http://127.0.0.1:${port}/`)).text()
    assert.equal(text.length, count * chunk.length)
    const failing = await serve(t, async function* () {
      yield chunk
      await sleep(10)
      throw new Error('it failed')
    })
    const answer = await fetch(`http://127.0.0.1:${failing}/`)
    assert.equal(answer.status, 200)
    await assert.rejects(answer.text())
  })
})
