// An engine and the model: each operation runs on both, and the results are compared.

import assert from 'node:assert/strict'
import type { Incarnation, TenantId } from '../../../src/domain/ids.ts'
import { limits } from '../../../src/domain/limits.ts'
import type { Store } from '../../../src/contracts/store.ts'
import type { StoredEndpoint } from '../../../src/contracts/account-store.ts'
import { compare } from './compare.ts'
import { Model, type ModelDelivery } from './model.ts'
import { moveOf, type Operation } from './operations.ts'
import { newEvent, sampleAttempt, sampleEvent, sampleMove, start } from './samples.ts'
import { addEndpoint, commit, commitLate, type Harness, joinAlone, pruneAll, rearmAll, sweepAll } from './steps.ts'

export class Pair {
  readonly #harness: Harness
  readonly #tenant: TenantId
  readonly #model = new Model()
  #store: Store
  #endpoints: StoredEndpoint[] = []
  #nodes: Incarnation[] = []
  /** The offset of the current time from `start`. Every operation has its own time. */
  #at: number

  constructor(harness: Harness, tenant: TenantId, begin: number) {
    this.#harness = harness
    this.#store = harness.store
    this.#tenant = tenant
    this.#at = begin - start
  }

  get #now(): number {
    return start + this.#at
  }

  get #node(): Incarnation {
    return this.#nodes.at(-1) as Incarnation
  }

  async begin(endpoints: number): Promise<void> {
    for (let index = 0; index < endpoints; index++) {
      this.#endpoints.push(await addEndpoint(this.#store, this.#tenant))
      this.#model.enabled.push(true)
    }
    this.#nodes.push(await this.#store.join(this.#now))
  }

  async apply(operation: Operation): Promise<void> {
    this.#at += 20
    switch (operation.kind) {
      case 'accept':
        return this.#accept(operation)
      case 'claim':
        return this.#claim(operation.endpoint, operation.room)
      case 'move':
        return this.#move(operation)
      case 'rearm':
        return this.#rearm(operation)
      case 'switch':
        return this.#switch(operation)
      case 'sweep':
        this.#model.sweep(this.#now)
        return void (await sweepAll(this.#store, this.#at, 2))
      case 'prune':
        this.#model.prune(this.#now - operation.ageMs)
        return pruneAll(this.#store, this.#at - operation.ageMs, this.#at, 2)
      case 'crash':
        return this.#crash(operation.how)
    }
  }

  async #accept({ endpoint, leased, count }: Operation & { kind: 'accept' }): Promise<void> {
    const { key } = this.#endpoints[endpoint] as StoredEndpoint
    const events = Array.from({ length: count }, () => newEvent(sampleEvent(this.#tenant, this.#at), [key], leased))
    for (const { deliveries } of events) {
      for (const { id } of deliveries) this.#model.accept(id, endpoint, this.#now, leased ? this.#node : null)
    }
    await commit(this.#store, this.#node, this.#at, { events })
  }

  async #claim(endpoint: number, room: number): Promise<void> {
    const wanted = this.#model.claimable(endpoint, this.#now, room)
    const due = this.#model.claimable(endpoint, this.#now, Infinity)
    const { key } = this.#endpoints[endpoint] as StoredEndpoint
    const { deliveries, more } = await this.#store.claim(this.#node, this.#now, [{ endpoint: key, room }])
    const claimed = deliveries.map(({ id, attempts, attemptsBefore }) => {
      const row = this.#model.deliveries.get(id)
      assert.ok(
        row?.status === 'pending' && row.holder === null && row.endpoint === endpoint,
        'the claim returned a delivery that does not wait for the endpoint',
      )
      assert.deepEqual([attempts, attemptsBefore], [row.attempts, row.attemptsBefore])
      row.holder = this.#node
      return row.dueAt
    })
    assert.deepEqual(claimed, wanted)
    assert.deepEqual(more, due.length > wanted.length ? [key] : [])
  }

  async #move({ pick, to, attempted, stale, waitMs }: Operation & { kind: 'move' }): Promise<void> {
    const row = this.#pick(pick, ({ holder }) => holder !== null)
    if (row === null) return
    const node = stale && this.#nodes.length > 1 ? (this.#nodes[0] as Incarnation) : this.#node
    const attempt = attempted ? sampleAttempt(row.attempts + 1, this.#at) : null
    const move = moveOf(to, this.#now + waitMs)
    const { key } = this.#endpoints[row.endpoint] as StoredEndpoint
    const moved = this.#model.move(row, node, move, attempted, this.#now)
    const moves = [sampleMove(row.id, key, move, this.#at, attempt)]
    assert.deepEqual(await commitLate(this.#store, node, this.#at, moves), moved ? [] : [row.id])
  }

  async #rearm({ pick, many }: Operation & { kind: 'rearm' }): Promise<void> {
    const row = this.#pick(pick, () => true)
    if (row === null) return
    if (!many) {
      const expected = this.#model.rearm(row, this.#now)
      assert.equal(await this.#store.rearmDelivery(row.id, this.#now), expected)
      return
    }
    // All deliveries that are not older than this one and have its status.
    const { endpoint, status, createdAt: since } = row
    const { key } = this.#endpoints[endpoint] as StoredEndpoint
    const asked = this.#model.all.filter(
      (other) => other.endpoint === endpoint && other.status === status && other.createdAt >= since,
    )
    const expected = asked.filter((other) => this.#model.rearm(other, this.#now)).length
    const range = { since, until: this.#now + 1, statuses: [status], now: this.#now }
    assert.equal(await rearmAll(this.#store, key, { ...range, rowsMax: 2 }), expected)
  }

  async #switch({ endpoint, byFacts }: Operation & { kind: 'switch' }): Promise<void> {
    const loaded = await this.#store.loadTenant(this.#tenant)
    const { key } = this.#endpoints[endpoint] as StoredEndpoint
    const stored = loaded?.endpoints.find((other) => other.key === key)
    const enabled = this.#model.enabled[endpoint] ?? false
    assert.ok(stored?.enabled === enabled)
    this.#model.enabled[endpoint] = !enabled
    if (enabled && byFacts) {
      const seen = { endpoint: key, attempts: 1, lastAttemptAt: this.#now, lastAttemptSucceeded: false }
      return void (await commit(this.#store, this.#node, this.#at, { summaries: [{ ...seen, disable: 'failing' }] }))
    }
    if (!enabled) this.#model.cancelWaiting(endpoint, this.#now)
    const disabledReason = enabled ? 'requested' : null
    const change = { enabled: !enabled, disabledReason, updatedAt: this.#now } as const
    assert.equal(await this.#store.updateEndpoint({ ...stored, ...change }, stored.updatedAt), 'written')
  }

  async #crash(how: 'join' | 'leave' | 'reopen'): Promise<void> {
    if (how === 'leave') await this.#store.leave(this.#node)
    if (how === 'reopen') this.#store = await this.#harness.reopen()
    this.#nodes.push(await joinAlone(this.#store, this.#at))
    this.#model.release()
  }

  #pick(pick: number, wanted: (row: ModelDelivery) => boolean): ModelDelivery | null {
    const rows = this.#model.all.filter(wanted)
    return rows[pick % rows.length] ?? null
  }

  /** Compares all deliveries. Then claims all waiting deliveries as the program would, and ends them. */
  async finish(): Promise<void> {
    await this.#compare()
    await this.apply({ kind: 'sweep' })
    await this.#compare()
    // By now all waiting deliveries are due, also those with the latest due time.
    this.#at += 10_000
    for (let round = 0; ; round++) {
      assert.ok(round < 1000, 'the claims do not end')
      const due = await this.#store.dueEndpoints(this.#now, 2)
      if (due.length === 0) break
      for (const { endpoint } of due) {
        await this.#claim(
          this.#endpoints.findIndex(({ key }) => key === endpoint),
          2,
        )
      }
      this.#at += limits.claimAgainMs
    }
    assert.deepEqual(
      this.#model.all.filter(({ status, holder }) => status === 'pending' && holder === null),
      [],
      'deliveries still wait, but no endpoint is due',
    )
    assert.equal(await this.#store.nextDueAt(), null)
    for (const row of this.#model.all) {
      if (row.holder !== null) {
        await this.#move({ kind: 'move', pick: 0, to: 'delivered', attempted: true, stale: false, waitMs: 0 })
      }
    }
    await this.#compare()
  }

  #compare(): Promise<void> {
    return compare(this.#store, this.#model, this.#endpoints)
  }
}
