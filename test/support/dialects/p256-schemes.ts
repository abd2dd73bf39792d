// Signatures with ECDSA in both forms.

import { body, event, json, secrets, sentAt, sign, text } from 'posthorn/dialect'
import { smallDialect } from './small-dialect.ts'

export default smallDialect('p256-schemes', {
  body: json({ type: event.type, data: event.data }),
  headers: {
    'x-sent': text('at=', sentAt.unixMilliseconds),
    'x-der': sign.newest(sign.ecdsa({ over: [sentAt.unixMilliseconds, '.', body] })),
    'x-raw': text('v1=', sign.newest(sign.ecdsa({ form: 'raw', encoding: 'base64url', over: [body.sha256] }))),
    'x-jwt': sign.newest(sign.jwt({ claims: { hash: body.sha256.hex } })),
    'x-jws': sign.newest(sign.detachedJws({ isUnencoded: true })),
  },
  secrets: secrets.p256KeyPair,
  timeout: '3s',
  waits: '1s',
})
