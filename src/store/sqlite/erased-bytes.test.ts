// Erased rows are in no file of the database: not in the pages of their tables, not in free pages, not in the gaps of pages
// whose rows SQLite has moved, and not in the log.

import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { suite, test, type TestContext } from 'node:test'
import type { ApiKeyId, DeliveryId, EndpointKey, Incarnation, TenantId } from '../../domain/ids.ts'
import type { Store } from '../../contracts/store.ts'
import {
  acme,
  newEvent,
  other,
  sampleAnswer,
  sampleAttempt,
  sampleErasure,
  sampleEvent,
  sampleMove,
  start,
} from '../../../test/conformance/store/samples.ts'
import { addEndpoint, commit, eraseAll, pruneAll } from '../../../test/conformance/store/steps.ts'
import { temporaryFolder } from '../../../test/conformance/store/temporary-folder.ts'
import { withoutErasures } from '../../../test/support/old-schema.ts'
import { seededRandom } from '../../../test/support/random.ts'
import { openSqliteStore } from './sqlite-store.ts'

const batches = 60
const eventsOfBatch = 20

interface Filled {
  readonly path: string
  readonly store: Store
  readonly node: Incarnation
  /** How often the marks of a tenant are in the files of the database. */
  readonly copies: (tenant: TenantId) => number
  readonly close: () => Promise<void>
}

/** Two tenants whose rows lie between each other. Every text of a tenant that may be erased has its mark. */
async function fill(t: TestContext): Promise<Filled> {
  const folder = await temporaryFolder(t)
  const path = join(folder, 'posthorn.db')
  const store = await openSqliteStore(path)
  let isOpen = true
  const close = async (): Promise<void> => {
    if (isOpen) await store.close()
    isOpen = false
  }
  t.after(close)
  const node = await store.join(start)
  const random = seededRandom(1).fraction
  const text = (tenant: TenantId): string => `${markOf(tenant)}${'x'.repeat(random() < 0.05 ? 9000 : 500 * random())}`
  const endpoints = new Map<TenantId, EndpointKey>()
  const changes: (() => Promise<void>)[] = []
  for (const tenant of [acme, other]) {
    const sealed = { sealedSecrets: text(tenant), sealedHeaders: text(tenant) }
    const long = `${'x'.repeat(9000)}${markOf(tenant)}`
    const endpoint = await addEndpoint(store, tenant, { ...sealed, sealedHeaders: long, url: markOf(tenant) })
    endpoints.set(tenant, endpoint.key)
    changes.push(async () => {
      const answer = sampleAnswer('k', 0, { tenant, apiKey: `key_of_${tenant}` as ApiKeyId, sealedBody: text(tenant) })
      // The first URL and headers are in no row any more, and must be in no page either.
      const changed = { ...endpoint, ...sealed, url: 'https://example.com/', updatedAt: start + 1 }
      assert.equal(await store.updateEndpoint(changed, start, { answer }), 'written')
    })
  }
  for (let batch = 0; batch < batches; batch++) {
    const events = Array.from({ length: eventsOfBatch }, (_, index) => {
      const tenant = index % 2 === 0 ? acme : other
      const event = { data: `{"a":"${text(tenant)}"}`, attributes: { a: markOf(tenant) }, eraseAt: start + 5000 }
      return newEvent(sampleEvent(tenant, batch, event), [endpoints.get(tenant) as EndpointKey], true)
    })
    await commit(store, node, batch, { events })
    // Attempts end in another order than they begin, so that their rows are moved between pages.
    const moves = events
      .toSorted(() => random() - 0.5)
      .flatMap(({ event, deliveries }) =>
        deliveries.map(({ id, endpoint }) => {
          const attempt = sampleAttempt(1, batch, { response: text(event.tenant) })
          return sampleMove(id, endpoint, { to: 'delivered' }, batch, attempt)
        }),
      )
    await commit(store, node, batch, { moves })
  }
  for (const change of changes) await change()
  const copies = (tenant: TenantId): number => {
    const bytes = Buffer.concat(globSync(`${path}*`).map((file) => readFileSync(file))).toString('latin1')
    return bytes.split(markOf(tenant)).length - 1
  }
  assert.ok(copies(acme) > batches * eventsOfBatch && copies(other) > batches * eventsOfBatch)
  return { path, store, node, copies, close }
}

function markOf(tenant: TenantId): string {
  return `planted-for-${tenant}-`
}

suite('no file of the database holds', { concurrency: 2 }, () => {
  test('anything of a tenant once its erasure is done', async (t) => {
    const { store, copies, close } = await fill(t)
    const before = copies(other)
    await store.deleteTenant(acme, sampleErasure(1000))
    await eraseAll(store, 2000)
    assert.equal(copies(acme), 0)
    assert.ok(copies(other) > before / 4)
    await store.deleteTenant(other, sampleErasure(3000))
    await eraseAll(store, 4000)
    assert.equal(copies(other), 0)
    await close()
    assert.deepEqual([copies(acme), copies(other)], [0, 0])
  })

  test('anything of a tenant that an older version has deleted', async (t) => {
    const { path, copies, close } = await fill(t)
    await close()
    const db = new DatabaseSync(path)
    db.exec(
      `PRAGMA secure_delete = ON; ${withoutErasures}; DELETE FROM tenants WHERE id = '${acme}'; PRAGMA user_version = 7`,
    )
    db.close()
    const store = await openSqliteStore(path)
    t.after(() => store.close())
    await eraseAll(store, Date.now())
    // Its answer names no tenant, and expires within an hour.
    assert.equal(copies(acme), 1)
    assert.ok(copies(other) > 0)
  })

  test('payloads and responses that have expired, after a stop', async (t) => {
    const { store, copies, close } = await fill(t)
    while ((await store.eraseExpired(start + 5000, 100)).length > 0);
    await close()
    // The sealed values of the endpoint, its answer, and nothing else.
    assert.equal(copies(acme), 3)
  })

  test('rows that retention has removed, after a stop', async (t) => {
    const { store, copies, close } = await fill(t)
    await store.deleteEndpoint(acme, 1 as EndpointKey, start + 1000)
    await pruneAll(store, 9000, 9000 + 3_600_000)
    await close()
    assert.deepEqual([copies(acme), copies(other)], [0, 2])
  })

  test('one payload and one response that were erased', async (t) => {
    const { store, node, copies } = await fill(t)
    const third = 'third' as TenantId
    const { key } = await addEndpoint(store, third)
    const event = newEvent(sampleEvent(third, 100, { data: `{"a":"${markOf(third)}"}` }), [key], true)
    await commit(store, node, 100, { events: [event] })
    const id = event.deliveries[0]?.id as DeliveryId
    const attempt = sampleAttempt(1, 100, { response: markOf(third) })
    await commit(store, node, 101, { moves: [sampleMove(id, key, { to: 'delivered' }, 101, attempt)] })
    assert.ok(copies(third) > 1)
    await store.erasePayload(third, event.event.id, sampleErasure(102))
    await store.eraseResponse(id, 1, sampleErasure(103))
    await eraseAll(store, 104)
    assert.equal(copies(third), 0)
  })
})
