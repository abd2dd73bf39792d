// Links that open the portal.

import assert from 'node:assert/strict'
import type { PortalLinkId, TenantId } from '../../../src/domain/ids.ts'
import { limits } from '../../../src/domain/limits.ts'
import type { StoredPortalLink } from '../../../src/contracts/portal-store.ts'
import { acme, other, sampleErasure, sampleTenant, start } from './samples.ts'
import type { Case } from './steps.ts'

export function sampleLink(tenant: TenantId, name: string, rest: Partial<StoredPortalLink> = {}): StoredPortalLink {
  const times = { createdAt: start, expiresAt: start + 60, endsAt: start + 100, openedAt: null }
  return { id: `plk_${name}` as PortalLinkId, tenant, hash: `hash of ${name}`, sealed: 'sealed', ...times, ...rest }
}

export function portalLinkCases(promise: Case): void {
  promise('a portal link is opened once, before it expires', async (store) => {
    await store.createTenant(sampleTenant(acme))
    const link = sampleLink(acme, 'a')
    assert.equal(await store.createPortalLink(link), 'written')
    assert.deepEqual(await store.findPortalLink(link.id), link)
    assert.equal(await store.openPortalLink('another hash', start), null)
    assert.equal(await store.openPortalLink(link.hash, link.expiresAt), null)
    const attempts = await Promise.all([1, 2, 3].map((at) => store.openPortalLink(link.hash, start + at)))
    const opened = attempts.filter((one) => one !== null)
    assert.equal(opened.length, 1)
    assert.deepEqual(await store.findPortalLink(link.id), opened[0])
    assert.ok(Number(opened[0]?.openedAt) > start)
  })

  promise('the portal links of a tenant are listed, deleted, and bounded', async (store) => {
    await store.createTenant(sampleTenant(acme))
    await store.createTenant(sampleTenant(other))
    const [one, two] = [sampleLink(acme, 'a'), sampleLink(acme, 'b', { createdAt: start + 1 })]
    const ended = sampleLink(acme, 'c', { endsAt: start + 5 })
    for (const link of [one, two, ended, sampleLink(other, 'd')]) await store.createPortalLink(link)
    assert.deepEqual(await store.listPortalLinks(acme, start + 5), [two, one])
    assert.equal(await store.deletePortalLink(other, one.id), 'absent')
    assert.equal(await store.deletePortalLink(acme, one.id), 'written')
    assert.equal(await store.deletePortalLink(acme, one.id), 'absent')
    assert.deepEqual(await store.listPortalLinks(acme, start), [two, ended])
    // A new link removes those that have ended.
    await store.createPortalLink(sampleLink(other, 'e', { createdAt: start + 6 }))
    assert.equal(await store.findPortalLink(ended.id), null)
    for (let index = 1; index < limits.portalLinksPerTenantMax; index++) {
      assert.equal(await store.createPortalLink(sampleLink(acme, String(index))), 'written')
    }
    assert.equal(await store.createPortalLink(sampleLink(acme, 'too many')), 'full')
    assert.equal(await store.createPortalLink(sampleLink('nobody' as TenantId, 'f')), 'absent')
  })

  promise('a deleted tenant has no portal links', async (store) => {
    await store.createTenant(sampleTenant(acme))
    const link = sampleLink(acme, 'a')
    await store.createPortalLink(link)
    await store.deleteTenant(acme, sampleErasure(1))
    assert.equal(await store.findPortalLink(link.id), null)
    assert.equal(await store.openPortalLink(link.hash, start), null)
    await store.createTenant(sampleTenant(acme))
    assert.deepEqual(await store.listPortalLinks(acme, start), [])
  })
}
