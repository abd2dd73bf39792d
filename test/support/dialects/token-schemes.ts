// Tokens and detached signatures in headers, with secrets and an RSA key pair.

import { body, computed, endpoint, event, json, secrets, sign, text } from 'posthorn/dialect'
import { smallDialect } from './small-dialect.ts'

const { detachedJws, jwt, newest } = sign
const withSecret = true
const exp = computed((message) => Math.floor(message.event.acceptedAt / 1000) + 600)

export default smallDialect('token-schemes', {
  body: json({ type: event.type, data: event.data }),
  headers: {
    authorization: text('Bearer ', newest(jwt({ claims: { exp, hash: body.sha256.base64, url: endpoint.url } }))),
    'x-id': endpoint.id,
    'x-secret-jwt': newest(jwt({ claims: { exp, hook: endpoint.id, crc: body.crc32 }, withSecret })),
    'x-jws': newest(detachedJws()),
    'x-secret-jws': sign.all(detachedJws({ isUnencoded: true, withSecret }), { separator: ' ' }),
  },
  secrets: secrets.withKeyPair(secrets.text({ form: '{hex:32}' }), secrets.rsaKeyPair),
  timeout: '3s',
  waits: '1s',
})
