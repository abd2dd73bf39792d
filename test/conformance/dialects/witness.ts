// The second witness: the running dialect is held against the examples of its vendor's pages.

import assert from 'node:assert/strict'
import { openReceiver } from '../../../src/dialect-check/receiver.ts'
import { Trial } from '../../../src/dialect-check/trial.ts'
import { witnessChecks } from '../../../src/dialect-check/witness.ts'
import type { Case } from './case.ts'
import type { Profile } from './profile.ts'

export function witnessCases({ subject }: Profile, add: Case): void {
  if (subject === null) return
  for (const { title, run } of witnessChecks) {
    add(title, async (world) => {
      const shared = { confidential: new Set<string>(), departures: new Set<string>(), badRefusals: new Set<string>() }
      const receiver = await openReceiver()
      const trial = new Trial(
        subject,
        { ...world.site, receiver, limited: () => assert.fail('no example is about quotas') },
        shared,
      )
      try {
        await run(trial)
      } finally {
        await receiver.close()
      }
      assert.deepEqual([...trial.faults, ...shared.badRefusals], [])
    })
  }
}
