import assert from 'node:assert/strict'
import { createServer } from 'node:https'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { createServer as createTlsServer, getCACertificates, setDefaultCACertificates } from 'node:tls'
import type { TlsOptions } from 'node:tls'
import { makeCertificate } from '../../test/support/certificate.ts'
import {
  answers,
  listen,
  loopbackSender,
  post,
  writeEndlessly,
  type Receiver,
} from '../../test/support/net-receivers.ts'

const certificate = makeCertificate()
const options = certificate === null ? { skip: 'openssl is not on the PATH' } : {}

void test(
  'refuses a certificate that no trusted authority has signed, even if the environment disables verification',
  options,
  async (t) => {
    const { port } = await tlsReceiver(t)
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
    t.after(() => delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'])
    for (let round = 0; round < 3; round++) {
      const sender = loopbackSender(t, answers(['127.0.0.1']))
      const { outcome } = await post(sender, `https://good.test:${port}/`)
      assert.deepEqual(outcome, { kind: 'unreachable', error: 'certificate problem (DEPTH_ZERO_SELF_SIGNED_CERT)' })
      assert.deepEqual(sender.count(), { inFlight: 0, connections: 0, origins: 0 })
    }
  },
)

void test('verifies the name although the address is pinned, and requires TLS 1.2', options, async (t) => {
  trustCertificate(t)
  const receiver = await tlsReceiver(t)
  const sender = loopbackSender(t, answers(['127.0.0.1']))
  const url = `https://good.test:${receiver.port}/`
  const good = await Promise.all(Array.from({ length: 4 }, () => post(sender, url)))
  for (const { outcome, response } of good) {
    assert.deepEqual(outcome, { kind: 'delivered', status: 200 })
    assert.equal(response, 'good.test http/1.1')
  }
  assert.equal(receiver.connections(), 4)
  const dotted = await post(sender, `https://good.test.:${receiver.port}/`)
  assert.equal(dotted.response, 'good.test http/1.1')
  const wrong = await post(sender, `https://other.test:${receiver.port}/`)
  const error = 'certificate problem (ERR_TLS_CERT_ALTNAME_INVALID)'
  assert.deepEqual(wrong.outcome, { kind: 'unreachable', error })

  const old = await tlsReceiver(t, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' })
  const refused = await post(sender, `https://good.test:${old.port}/`)
  assert.ok(refused.outcome.kind === 'unreachable' && refused.outcome.error.startsWith('TLS failed ('))
})

void test('accepts a certificate of an authority that the operator trusts', options, async (t) => {
  const { port } = await tlsReceiver(t)
  const sender = loopbackSender(t, answers(['127.0.0.1']), undefined, [certificate?.cert ?? ''])
  const { outcome } = await post(sender, `https://good.test:${port}/`)
  assert.deepEqual(outcome, { kind: 'delivered', status: 200 })
})

void test('names the alert of a receiver that demands a client certificate', options, async (t) => {
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const { port } = await tlsReceiver(t, { requestCert: true, rejectUnauthorized: true, maxVersion })
    const sender = loopbackSender(t, answers(['127.0.0.1']), undefined, [certificate?.cert ?? ''])
    const { outcome } = await post(sender, `https://good.test:${port}/`)
    assert.ok(outcome.kind === 'unreachable')
    assert.match(outcome.error, /^TLS failed \(ERR_SSL_.*ALERT/, maxVersion)
  }
})

void test('an endless response without a body is cut off under TLS too', options, async (t) => {
  trustCertificate(t)
  const server = createTlsServer(certificate ?? {}, (socket) => {
    socket.on('error', () => {}).once('data', () => writeEndlessly(socket, '', '\r\n'))
  })
  const { port } = await listen(t, server, '127.0.0.1')
  const startedAt = performance.now()
  const { outcome } = await post(loopbackSender(t, answers(['127.0.0.1'])), `https://good.test:${port}/`)
  const tookMs = performance.now() - startedAt
  assert.deepEqual(outcome, { kind: 'unreachable', error: 'response framing too large' })
  assert.ok(tookMs < 1000, `${tookMs} ms`)
})

function trustCertificate(t: TestContext): void {
  const before = getCACertificates('default')
  setDefaultCACertificates([certificate?.cert ?? ''])
  t.after(() => setDefaultCACertificates(before))
}

async function tlsReceiver(t: TestContext, more: TlsOptions = {}): Promise<Receiver> {
  const server = createServer({ ...certificate, ...more }, (request, response) => {
    const socket = request.socket as typeof request.socket & { servername?: string; alpnProtocol?: string }
    request.resume().on('end', () => response.end(`${socket.servername} ${socket.alpnProtocol}`))
  })
  return listen(t, server, '127.0.0.1')
}
