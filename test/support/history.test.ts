// The judge of runs with crashes finds every violation in made-up histories, and no violation in good ones.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Arrival, type History, type PostRecord, judge } from './history.ts'

const post = (number: number, change: Partial<PostRecord> = {}): PostRecord => ({
  number,
  type: 'call.received',
  outcome: 'ok',
  ...change,
})

const arrival = (number: number, change: Partial<Arrival> = {}): Arrival => ({
  endpoint: '/a',
  number,
  webhookId: `msg_${number}`,
  bodyHash: `hash of ${number}`,
  status: 200,
  signatureValid: true,
  ...change,
})

const history = (posts: PostRecord[], arrivals: Arrival[]): History => ({
  posts,
  arrivals,
  subscriptions: new Map([
    ['/a', new Set(['call.received'])],
    ['/b', new Set(['sms.sent'])],
  ]),
})

void test('a history without faults has no problems', () => {
  const verdict = judge(history([post(1), post(2, { type: 'sms.sent' })], [arrival(1), arrival(2, { endpoint: '/b' })]))
  assert.deepEqual(verdict, {
    accepted: 2,
    unknown: 0,
    refused: 0,
    delivered: 2,
    duplicates: 0,
    lost: 0,
    problems: [],
  })
})

const cases: { name: string; posts: PostRecord[]; arrivals: Arrival[]; problem: RegExp | null; lost?: number }[] = [
  { name: 'accepted and never sent', posts: [post(1)], arrivals: [], problem: /never delivered/, lost: 1 },
  {
    name: 'accepted and sent, but never answered with 2xx',
    posts: [post(1)],
    arrivals: [arrival(1, { status: 500 })],
    problem: /never delivered/,
    lost: 1,
  },
  {
    name: 'delivered on a retry',
    posts: [post(1)],
    arrivals: [arrival(1, { status: 500 }), arrival(1)],
    problem: null,
  },
  { name: 'never posted', posts: [], arrivals: [arrival(1)], problem: /never posted/ },
  { name: 'refused but sent', posts: [post(1, { outcome: 'fail' })], arrivals: [arrival(1)], problem: /refused/ },
  { name: 'unknown and absent', posts: [post(1, { outcome: 'info' })], arrivals: [], problem: null },
  { name: 'unknown and sent', posts: [post(1, { outcome: 'info' })], arrivals: [arrival(1)], problem: null },
  {
    name: 'unknown, accepted when posted again, and never sent',
    posts: [post(1, { outcome: 'info' }), post(1)],
    arrivals: [],
    problem: /never delivered/,
    lost: 1,
  },
  {
    name: 'unknown, refused when posted again, but sent',
    posts: [post(1, { outcome: 'info' }), post(1, { outcome: 'fail' })],
    arrivals: [arrival(1)],
    problem: null,
  },
  {
    name: 'sent to an endpoint that does not subscribe to it',
    posts: [post(1)],
    arrivals: [arrival(1), arrival(1, { endpoint: '/b' })],
    problem: /does not subscribe/,
  },
  {
    name: 'repeated with another webhook-id',
    posts: [post(1)],
    arrivals: [arrival(1), arrival(1, { webhookId: 'msg_other' })],
    problem: /another webhook-id/,
  },
  {
    name: 'repeated with another body',
    posts: [post(1)],
    arrivals: [arrival(1), arrival(1, { bodyHash: 'other' })],
    problem: /another body/,
  },
  {
    name: 'sent with a wrong signature',
    posts: [post(1)],
    arrivals: [arrival(1, { signatureValid: false })],
    problem: /signature/,
  },
]

for (const { name, posts, arrivals, problem, lost = 0 } of cases) {
  void test(`the judge decides about an event that was ${name}`, () => {
    const verdict = judge(history(posts, arrivals))
    assert.equal(verdict.lost, lost)
    if (problem === null) assert.deepEqual(verdict.problems, [])
    else assert.match(verdict.problems.join('\n'), problem)
  })
}

void test('a repeat after a 2xx answer counts as a duplicate, a retry does not', () => {
  const verdict = judge(history([post(1)], [arrival(1, { status: 500 }), arrival(1), arrival(1), arrival(1)]))
  assert.equal(verdict.duplicates, 2)
  assert.deepEqual(verdict.problems, [])
})
