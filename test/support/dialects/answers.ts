// A signature with the API key inside a multipart body, and a success that is read from the body of the answer.

import { event, json, multipart, secrets, sign } from 'posthorn/dialect'
import { smallDialect } from './small-dialect.ts'

export default smallDialect('answers', {
  body: multipart.perAttempt({
    json: json.perAttempt({
      event: {
        event_time: event.occurredAt.unixSeconds,
        event_type: event.type,
        event_hash: sign.newest(sign.hmac({ over: [event.occurredAt.unixSeconds, event.type] })),
      },
      data: event.data,
    }),
  }),
  headers: {},
  secrets: secrets.apiKey,
  timeout: '3s',
  waits: '1s 1s',
  outcomes: { success: '200', accepts: ({ text: said }) => said.includes('Hello API Event Received') },
})
