// Ed25519 beside an HMAC, in hex, and as JSON Web Token and Signature.

import { body, event, json, secrets, sentAt, sign } from 'posthorn/dialect'
import { smallDialect } from './small-dialect.ts'

export default smallDialect('ed25519-schemes', {
  body: json({ type: event.type, data: event.data }),
  headers: {
    ...sign.standardWebhooks('svix', { withKeyPair: true }),
    'x-hex': sign.newest(sign.ed25519({ encoding: 'hex' })),
    'x-jwt': sign.newest(sign.jwt({ claims: { iat: sentAt.unixSeconds, request_body_sha256: body.sha256.hex } })),
    'x-jws': sign.newest(sign.detachedJws()),
    'x-key-id': sign.keyId,
  },
  secrets: secrets.withKeyPair(secrets.standard, secrets.ed25519KeyPair),
  timeout: '3s',
  waits: '1s',
})
