// A token as the body, and two signatures of two schemes in the headers.

import { delivery, event, jwtBody, keys, secrets, sentAt, sign } from 'posthorn/dialect'
import { smallDialect } from './small-dialect.ts'

export default smallDialect(
  'key-pairs',
  {
    body: jwtBody({ claims: { jti: delivery.id, iat: sentAt.unixSeconds, type: event.type, data: event.data } }),
    headers: {
      ...sign.standardWebhooks('webhook', { withKeyPair: true }),
      'x-signature-sha1': sign.newest(sign.hmac({ hash: 'sha1' })),
      'x-key-id': sign.keyId,
    },
    secrets: secrets.withKeyPair(secrets.standard, secrets.ed25519KeyPair),
    timeout: '3s',
    waits: '1s',
  },
  {
    routes: {
      'GET /key-pairs/jwks.json': keys.jwks(),
      'GET /key-pairs/public-key': keys.pem({ answer: (pem) => ({ public_key: pem }) }),
      'GET /key-pairs/own-key': keys.pem({ isPublic: false }),
    },
  },
)
