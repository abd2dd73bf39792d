// Other methods and bodies, sets of statuses, waits by event type, and no signature.

import { choose, empty, endpoint, event, secrets, xml } from 'posthorn/dialect'
import { records, smallDialect } from './small-dialect.ts'

export default smallDialect(
  'statuses',
  {
    method: ({ endpoint: { url } }) => (url.endsWith('empty') ? 'GET' : 'PUT'),
    body: choose(({ url }) => (url.endsWith('empty') ? 'empty' : 'xml'), {
      empty,
      xml: xml('order', { type: event.type, '...': event.data }),
    }),
    headers: { 'x-endpoint': endpoint.id },
    secrets: secrets.none,
    timeout: '3s',
    waits: '1s 1s 1s',
    waitsFor: [{ events: ['order.lost'], outcomes: '5xx', waits: '1s' }],
    outcomes: {
      success: '2xx 301 302',
      retried: '500 502-504 429 409 timeout unreachable',
      notRetried: '504',
      gone: '410',
      retryAfter: '409 503',
    },
  },
  {
    routes: {
      'GET /statuses/hooks/{id}/deliveries/{delivery}': records.get(),
    },
  },
)
