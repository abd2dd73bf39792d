// API tests as data: each case has a request and what its answer must and must not contain.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ApiRequest, SharedApiRig } from './api-rig.ts'

export interface ApiCase extends ApiRequest {
  readonly name: string
  readonly status: number
  /** The code of the problem. */
  readonly code?: string
  /** The fields at fault, in order. */
  readonly fields?: readonly string[]
  /** Texts that the answer must contain. */
  readonly has?: readonly string[]
  /** Texts that the answer must not contain. */
  readonly lacks?: readonly string[]
  /** Runs after the answer was checked, to check its effects. */
  readonly after?: () => Promise<void>
}

/** Registers one test per case. */
export function testCases(rig: SharedApiRig, cases: readonly ApiCase[]): void {
  for (const { name, status, code, fields, has = [], lacks = [], after, ...request } of cases) {
    test(name, async () => {
      const answer = await rig.ask(request)
      assert.equal(answer.status, status, answer.text)
      if (code !== undefined) assert.equal(answer.body.code, code)
      if (fields !== undefined) {
        assert.deepEqual(
          answer.body.errors.map(({ field }) => field),
          fields,
        )
      }
      for (const text of has) assert.ok(answer.text.includes(text), `the answer lacks ${text}: ${answer.text}`)
      for (const text of lacks) assert.ok(!answer.text.includes(text), `the answer contains ${text}: ${answer.text}`)
      await after?.()
    })
  }
}
