// Signatures of many products at once, with secrets and an RSA key pair: in headers and inside the body.

import { body, computed, delivery, endpoint, event, json, secrets, sentAt, sign, text } from 'posthorn/dialect'
import { smallDialect } from './small-dialect.ts'

const { iso, unixSeconds } = sentAt
const { hmac, newest } = sign

export default smallDialect('secret-schemes', {
  body: json.perAttempt({
    items: [{ mac: newest(hmac({ encoding: 'base64', over: [event.member('n'), ':', event.member('order.id')] })) }],
    data: event.data,
    signature: {
      timestamp: text(unixSeconds),
      token: delivery.id,
      signature: newest(hmac({ over: [unixSeconds, delivery.id] })),
    },
  }),
  headers: {
    'x-delivery': delivery.id,
    'x-sent': iso,
    'x-url': newest(hmac({ hash: 'sha1', encoding: 'base64', over: [endpoint.url, body] })),
    'x-timestamped': sign.timestamped(),
    ...sign.numbered('x-numbered-{n}', hmac({ encoding: 'base64' }), 2),
    'x-long': sign.all(
      hmac({
        hash: 'sha512',
        encoding: 'base64url',
        over: [text(delivery.id, '|POST|', iso), '|', body.sha256.hex, body.sha256.base64],
      }),
      { prefix: 'v2:' },
    ),
    'x-token': newest(sign.token()),
    authorization: newest(sign.basic('acme')),
    'x-rsa': newest(sign.rsa({ over: [delivery.id, '|', iso, '|', endpoint.id, '|', body.crc32] })),
    'x-unknown': newest(hmac({ over: [computed(() => 'a fact'), body] })),
    'x-irregular': text('<', newest(hmac()), '>'),
  },
  secrets: secrets.withKeyPair(secrets.text({ form: '{hex:32}' }), secrets.rsaKeyPair),
  timeout: '3s',
  waits: '1s',
})
