// The suite that every dialect must pass. It tests the API and the deliveries of a dialect from outside, on one running
// server. Nothing here names a vendor: the differences between vendors are in their profiles, which follow from their definitions.

import { after, before, describe, test } from 'node:test'
import { auditCases } from './audit.ts'
import { authenticationCases } from './authentication.ts'
import { bodyCases } from './bodies.ts'
import type { Case } from './case.ts'
import { changeCases } from './changes.ts'
import { deliveryCases } from './deliveries.ts'
import { fieldCases } from './fields.ts'
import { idCases } from './ids.ts'
import { isolationCases } from './isolation.ts'
import { operationCases } from './operations.ts'
import type { Profile } from './profile.ts'
import { quotaCases } from './quotas.ts'
import type { Support } from './support.ts'
import { witnessCases } from './witness.ts'
import { World } from './world.ts'

/** How many tests run at a time. A test spends most of its time waiting for the server. */
const concurrency = 8

/** Registers the tests of a dialect, on one server. */
export function dialectConformance(profile: Profile, support: Support): void {
  onOneServer(`the ${profile.dialect.name} dialect on ${support.database}`, profile, support, (add) => {
    operationCases(profile, add)
    authenticationCases(profile, add)
    idCases(profile, add)
    fieldCases(profile, add)
    bodyCases(profile, add)
    quotaCases(profile, add)
    changeCases(profile, add)
    isolationCases(profile, add)
    auditCases(add)
    deliveryCases(profile, add)
    witnessCases(profile, add)
  })
}

/** Registers tests that share a running server: the suite, or the tests that only one vendor has. */
export function onOneServer(title: string, profile: Profile, support: Support, register: (add: Case) => void): void {
  void describe(title, { concurrency }, () => {
    const world = new World(profile, support)
    before(() => world.start())
    after(() => world.stop())
    register((name, body) => void test(name, { timeout: 60_000 }, () => body(world)))
  })
}
