// The tenant's secret signs inside the body, is shown to customers, and is rotated by them and by the operator.

import { delivery, event, json, keys, secrets, sentAt, sign, tenant, text } from 'posthorn/dialect'
import { smallDialect } from './small-dialect.ts'

const timestamp = text(sentAt.unixSeconds)

export default smallDialect(
  'tenant-secrets',
  {
    body: json.perAttempt({
      signature: {
        timestamp,
        token: delivery.attemptId,
        signature: sign.all(sign.hmac({ over: [timestamp, delivery.attemptId] })),
      },
      account: tenant.id,
      'event-data': event.data,
    }),
    headers: { 'x-token': sign.newest(sign.token()), authorization: sign.newest(sign.basic('acme')) },
    secrets: secrets.ofTenant(secrets.text({ form: 'key-{hex:32}' })),
    timeout: '3s',
    waits: '1s 1s',
  },
  {
    routes: {
      'GET /tenant-secrets/signing-key': keys.tenantSecret({ answer: (key) => ({ http_signing_key: key }) }),
      'POST /tenant-secrets/signing-key': keys.rotateTenantSecret({
        answer: (key) => ({ http_signing_key: key }),
        overlap: '1m',
      }),
    },
  },
)
