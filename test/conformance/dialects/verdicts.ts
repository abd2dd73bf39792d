// The fate of a delivery: every kind of outcome, at every attempt of the schedule, against the profile's table.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Outcome } from '../../../src/domain/attempt.ts'
import type { Verdict } from '../../../src/domain/retry.ts'
import type { OutcomeName, Profile } from './profile.ts'
import { sampleMessage } from './sample-message.ts'

const answered = (...statuses: readonly number[]): Outcome[] =>
  statuses.map((status) =>
    status < 300 ? { kind: 'delivered', status } : { kind: 'rejected', status, retryAfterMs: null },
  )

const outcomes: Readonly<Record<OutcomeName, readonly Outcome[]>> = {
  'answered 200': answered(200),
  'answered another 2xx': answered(201, 202, 204, 299),
  'answered 3xx': answered(300, 301, 302, 304, 307, 308),
  'answered 4xx': answered(400, 401, 403, 404, 405, 408, 409, 418, 422, 499),
  'answered 410': answered(410),
  'answered 429': [...answered(429), { kind: 'rejected', status: 429, retryAfterMs: 120_000 }],
  'answered 5xx': [...answered(500, 501, 502, 503, 504, 599), { kind: 'rejected', status: 503, retryAfterMs: 9 }],
  'timed out': [
    { kind: 'timedOut', phase: 'connect' },
    { kind: 'timedOut', phase: 'headers' },
    { kind: 'timedOut', phase: 'body' },
  ],
  unreachable: [{ kind: 'unreachable', error: 'connection refused' }],
  blocked: [{ kind: 'blocked', error: 'a private address' }],
}

export function verdictCases(profile: Profile): void {
  const { dialect, wire } = profile
  const { event } = sampleMessage(profile)
  const attemptsMax = wire.waitsMs.length + 1

  for (const [name, list] of Object.entries(outcomes)) {
    const fate = wire.fates[name as OutcomeName]
    test(`${name}: ${fate}, at each of ${attemptsMax} attempts`, () => {
      for (const outcome of list) {
        for (let attempt = 1; attempt <= attemptsMax; attempt++) {
          const verdict = dialect.verdict(outcome, attempt, event)
          assert.deepEqual(verdict, expected(name as OutcomeName, attempt), `attempt ${attempt}`)
        }
      }
    })
  }

  test('the schedule that the operator API shows is the one that retries follow', () => {
    assert.deepEqual(dialect.retries, { waitsMs: wire.waitsMs, exact: wire.exact })
  })

  test('the timeout is from 1 s to 60 s', () => {
    assert.ok(dialect.timeoutMs >= 1000 && dialect.timeoutMs <= 60_000)
  })

  function expected(name: OutcomeName, attempt: number): Verdict {
    switch (wire.fates[name]) {
      case 'succeeds':
        return { kind: 'succeeded' }
      case 'ends':
        return { kind: 'notRetried' }
      case 'endsAndDisables':
        return { kind: 'gone' }
      case 'isRetried': {
        const waitMs = wire.waitsMs[attempt - 1]
        return waitMs === undefined ? { kind: 'exhausted' } : { kind: 'retry', waitMs, exact: wire.exact }
      }
    }
  }
}
