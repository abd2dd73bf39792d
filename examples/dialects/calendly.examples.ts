// The examples of Calendly's pages. Sources: README.md.

import type { Examples } from 'posthorn/dialect'

const api = 'https://api.calendly.com'
const subscription = {
  uri: `${api}/webhook_subscriptions/af8074d8-7d56-4431-b2b8-653f64c3f5b4`,
  callback_url: 'https://blah.foo/bar',
  created_at: '2019-08-24T14:15:22.123456Z',
  updated_at: '2019-08-24T14:15:22.123456Z',
  retry_started_at: null,
  state: 'active',
  events: ['invitee.created'],
  scope: 'user',
  organization: `${api}/organizations/AAAAAAAAAAAAAAAA`,
  user: `${api}/users/AAAAAAAAAAAAAAAA`,
  group: null,
  creator: `${api}/users/AAAAAAAAAAAAAAAA`,
}
const { events, scope, organization, user } = subscription

export const examples: Examples = {
  requests: [
    {
      route: 'POST /webhook_subscriptions',
      body: { url: subscription.callback_url, events, organization, user, scope },
      answer: { status: 201, body: { resource: subscription }, varies: ['resource.uri', 'resource.creator'] },
    },
    {
      route: 'GET /webhook_subscriptions/{webhook_uuid}',
      absentId: 'af8074d8-7d56-4431-b2b8-653f64c3f5b4',
      answer: {
        status: 404,
        body: { title: 'Resource Not Found', message: 'The server could not find the requested resource.' },
      },
    },
  ],
  deliveries: [
    {
      event: {
        type: 'invitee.created',
        data: '{"email":"test@example.com","name":"John Doe","status":"active","rescheduled":false}',
        occurredAt: '2020-11-23T17:51:18.327Z',
      },
      tenant: '2f6b1c1e-6f0c-4c53-9d5a-5a1c5d1b7a10',
      secret: '5mEzn9C-I28UtwOjZJtFoob0sAAFZ95GbZkqj4y3i0I',
      sentAt: '2020-11-23T17:51:19Z',
      body:
        '{"event":"invitee.created","created_at":"2020-11-23T17:51:18.327000Z",' +
        '"created_by":"https://api.calendly.com/users/2f6b1c1e-6f0c-4c53-9d5a-5a1c5d1b7a10",' +
        '"payload":{"email":"test@example.com","name":"John Doe","status":"active","rescheduled":false}}',
      headers: {
        'Calendly-Webhook-Signature':
          't=1606153879,v1=11cf77184bb1b694df640178918d7f34453c4224b9a2794ec586ac866c3d7b2e',
      },
    },
  ],
}
