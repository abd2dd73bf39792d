// A token as the body, signed with the secret of the endpoint.

import { event, jwtBody, secrets, sentAt } from 'posthorn/dialect'
import { smallDialect } from './small-dialect.ts'

export default smallDialect('token-body', {
  body: jwtBody({ claims: { iat: sentAt.unixSeconds, type: event.type, data: event.data }, withSecret: true }),
  headers: {},
  secrets: secrets.text({ form: '{hex:32}' }),
  timeout: '3s',
  waits: '1s',
})
