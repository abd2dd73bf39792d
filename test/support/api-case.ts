// API tests as data: who asks what, and what the answer must be, hold and not hold.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ApiRequest, ApiRig } from './api-rig.ts'

export interface ApiCase extends ApiRequest {
  readonly name: string
  readonly status: number
  /** The problem's code. */
  readonly code?: string
  /** The fields at fault, in order. */
  readonly fields?: readonly string[]
  /** Texts that the answer must hold. */
  readonly has?: readonly string[]
  /** Texts that it must not. */
  readonly lacks?: readonly string[]
  /** What must be so afterwards. */
  readonly after?: () => Promise<void>
}

/** One test per case. */
export function testCases(rig: ApiRig, cases: readonly ApiCase[]): void {
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
      for (const text of has) assert.ok(answer.text.includes(text), `${answer.text} holds ${text}`)
      for (const text of lacks) assert.ok(!answer.text.includes(text), `${answer.text} does not hold ${text}`)
      await after?.()
    })
  }
}
