// The suite that every database engine must pass. It uses only the contract: the rest of the program may rely on
// everything that it checks.

import { describe, test } from 'node:test'
import { accountListCases } from './account-lists.ts'
import { auditCases } from './audit.ts'
import { commitCases } from './commit.ts'
import { endpointCases } from './endpoints.ts'
import { damageCases } from './damage.ts'
import { attemptSummaryCases } from './attempt-summaries.ts'
import { erasureCases } from './erasures.ts'
import { historyCases } from './history.ts'
import { leaseCases } from './leases.ts'
import { listCases } from './lists.ts'
import { attemptCases } from './attempts.ts'
import { claimCases } from './claims.ts'
import { moveCases } from './moves.ts'
import { pauseCases } from './pauses.ts'
import { pollCases } from './polls.ts'
import { portalLinkCases } from './portal-links.ts'
import { randomCases } from './random.ts'
import { rearmCases } from './rearm.ts'
import { replayCases } from './replays.ts'
import { sealCases } from './seals.ts'
import { searchCases } from './searches.ts'
import type { Case, Harness } from './steps.ts'
import { statisticsCases } from './statistics.ts'
import { tellingCases } from './tellings.ts'
import { tenantAndKeyCases } from './tenants-and-keys.ts'
import { textCases } from './text.ts'
import { upkeepCases } from './upkeep.ts'

export type { Harness } from './steps.ts'

/** Cases that run at the same time: a case mostly waits for its database to open. */
const concurrency = 4

/** Registers the tests of one engine. `open` returns a new and empty database each time. */
export function storeConformance(name: string, open: () => Promise<Harness>): void {
  void describe(`${name} fulfils the contract of the store`, { concurrency }, () => {
    const promise: Case = (title, body) =>
      void test(title, { timeout: 120_000 }, async () => {
        const harness = await open()
        try {
          await body(harness.store, harness)
        } finally {
          await harness.dispose()
        }
      })
    // First, because they take longest.
    randomCases(open)
    commitCases(promise)
    moveCases(promise)
    attemptSummaryCases(promise)
    leaseCases(promise)
    claimCases(promise)
    pauseCases(promise)
    pollCases(promise)
    portalLinkCases(promise)
    tellingCases(promise)
    tenantAndKeyCases(promise)
    endpointCases(promise)
    accountListCases(promise)
    historyCases(promise)
    attemptCases(promise)
    listCases(promise)
    searchCases(promise)
    rearmCases(promise)
    replayCases(promise)
    upkeepCases(promise)
    erasureCases(promise)
    statisticsCases(promise)
    auditCases(promise)
    sealCases(promise)
    textCases(promise)
    damageCases(promise)
  })
}
