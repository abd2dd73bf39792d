// Bodies and headers that differ between attempts, a header of the answer that stops retries, and a history that shows
// bodies.

import { body, delivery, event, json, secrets, sentAt, sign, text } from 'posthorn/dialect'
import { records, smallDialect } from './small-dialect.ts'

export default smallDialect(
  'attempts',
  {
    body: json.perAttempt({
      type: event.type,
      attempt_number: delivery.attempt,
      sent_at: sentAt.unixMilliseconds,
      first_sent_at: delivery.firstSentAt.unixMilliseconds,
      data: event.data,
    }),
    headers: {
      'x-retry-num': delivery.retries,
      'x-retry-reason': delivery.retryReason((outcome) =>
        outcome.kind === 'timedOut' ? 'http_timeout' : 'status' in outcome ? 'http_error' : 'connection_failed',
      ),
      'x-request-timestamp': sentAt.unixSeconds,
      'x-signature': text('v0=', sign.newest(sign.hmac({ over: ['v0:', sentAt.unixSeconds, ':', body] }))),
    },
    secrets: secrets.text({ form: '{hex:32}' }),
    timeout: '3s',
    waits: '1s 1s 1s',
    outcomes: { stops: ({ headers }) => headers['x-no-retry'] === '1' },
  },
  {
    routes: {
      'GET /attempts/hooks/{id}/deliveries/{delivery}': records.get(),
    },
  },
)
