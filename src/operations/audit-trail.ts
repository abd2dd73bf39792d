// Makes audit records. The writer stores those of changes, in the transaction of the change. Here are stored those that belong
// to no change: answers that show secrets, and attempts that were refused. Equal ones of a minute are one record with a
// count. A new record is stored within a second, and its last count after its minute. So a secret that is read thousands
// of times a second costs two writes a minute.

import type { Actor, AuditAction, NewAuditRecord } from '../domain/audit.ts'
import { cut } from '../domain/audited-changes.ts'
import type { Clock } from '../domain/clock.ts'
import type { Endpoint } from '../domain/endpoint.ts'
import { type AuditId, type EndpointKey, type RandomBytes, type TenantId, uuidV7 } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import type { Origin, Principal } from '../domain/principal.ts'
import { minute, second } from '../domain/time.ts'
import { Unavailable } from '../domain/unavailable.ts'
import type { AuditWrites } from '../contracts/audit-store.ts'
import { actorOf, addressOf } from './audit.ts'

export interface AuditTrailOptions {
  readonly store: Pick<AuditWrites, 'recordAudit'>
  readonly clock: Clock
  readonly randomBytes: RandomBytes
  /** Reports that records could not be stored. They are stored later. */
  readonly failed: (what: string, error: unknown) => void
}

/** An attempt that was refused. */
export interface RefusedAttempt {
  readonly action: AuditAction
  /** The kind of the problem. */
  readonly refused: string
  /** Null: the request had no valid key. */
  readonly caller: Pick<Principal, 'kind' | 'key'> | null
  readonly from: Origin
  readonly object: string | null
  readonly tenant: TenantId | null
}

/** The part of the record of a change that an operation knows. */
export type Audited = Pick<NewAuditRecord, 'action' | 'object' | 'tenant' | 'endpoint'> &
  Partial<Pick<NewAuditRecord, 'change'>>

interface LastRead {
  readonly key: string
  readonly address: string
  readonly entry: Entry
}

interface Entry {
  readonly record: NewAuditRecord
  count: number
  /** The count that the database has; 0: it has no record yet. */
  stored: number
}

const nobody: Actor = { kind: 'unknown', id: null, name: null, role: null }

export class AuditTrail {
  readonly #options: AuditTrailOptions
  /** The entries of the running minute. */
  #entries = new Map<string, Entry>()
  /** The last read of each endpoint: a name for `#entries` costs more than all the rest of a read. */
  readonly #lastReads = new Map<EndpointKey, LastRead>()
  /** Entries of earlier minutes whose last count is not stored. */
  #ended: Entry[] = []
  #minute = 0
  /** The time in the last id. */
  #lastAt = 0
  /** Records of refused attempts in the running minute: of callers with a valid key, and of others. */
  #refused = { known: 0, unknown: 0 }
  #cancelTimer: (() => void) | null = null
  #storing: Promise<void> | null = null

  constructor(options: AuditTrailOptions) {
    this.#options = options
  }

  /** The record of a change, which the writer stores. */
  recordOf(caller: Principal, audited: Audited): NewAuditRecord {
    const id = this.#newId(this.#options.clock.now())
    const who = { actor: actorOf(caller), address: addressOf(caller.from) }
    return { id, change: null, ...audited, refused: null, count: 1, ...who }
  }

  /** @throws Unavailable if reads of secrets cannot be recorded, because too many records wait for the database */
  assertRoom(): void {
    if (this.#isFull) throw new Unavailable('too many audit records wait to be stored')
  }

  /** An answer shows secrets or header values of an endpoint. @param endpoint null: of several, or of an earlier answer */
  secretRead({ kind, key, from }: Principal, tenant: TenantId, endpoint: Endpoint | null): void {
    const address = addressOf(from)
    const last = endpoint === null ? undefined : this.#lastReads.get(endpoint.key)
    if (last !== undefined && last.key === key.id && last.address === address) {
      last.entry.count += 1
      return
    }
    const now = this.#now()
    const name = `${endpoint === null ? `of ${tenant}` : endpoint.key} ${address} ${key.id}`
    let entry = this.#entries.get(name)
    if (entry === undefined) {
      const actor = actorOf({ kind, key })
      const object = endpoint?.id ?? null
      entry = this.#add(name, now, { action: 'secret.read', refused: null, actor, address, object, tenant })
    } else entry.count += 1
    if (endpoint !== null) this.#lastReads.set(endpoint.key, { key: key.id, address, entry })
  }

  /**
   * Attempts of a key are counted together, those of other callers by address. The record has the object and the address
   * of the first attempt. An attempt is not recorded while too many records wait for the database. Past
   * `limits.auditRefusalsMax` a minute, further attempts are one record of the action `several.attempts`: one of callers with
   * a valid key, and one of others.
   */
  refused({ action, refused, caller, from, object, tenant }: RefusedAttempt): void {
    const now = this.#now()
    const address = addressOf(from)
    const group = caller === null ? 'unknown' : 'known'
    const name = `${action} ${refused} ${caller === null ? address : `of ${caller.key.id}`}`
    const isTooMany = this.#refused[group] >= limits.auditRefusalsMax
    const entry = this.#entries.get(name) ?? (isTooMany ? this.#entries.get(group) : undefined)
    if (entry !== undefined) {
      entry.count += 1
      return
    }
    if (this.#isFull) return
    this.#refused[group] += 1
    if (isTooMany) {
      const several = { action: 'several.attempts', refused: 'several', address: 'several' } as const
      this.#add(group, now, { ...several, actor: nobody, object: null, tenant: null })
      return
    }
    // The caller has written both.
    const [shownObject, shownTenant] = [object, tenant].map((id) => id && cut(id, limits.auditTextCharsMax))
    const actor = caller === null ? nobody : actorOf(caller)
    const about = { object: shownObject ?? null, tenant: (shownTenant ?? null) as TenantId | null }
    this.#add(name, now, { action, refused, actor, address, ...about })
  }

  /** Stores all that is not stored. */
  async stop(): Promise<void> {
    await this.#storing
    this.#endMinute()
    await this.#store()
    this.#cancelTimer?.()
  }

  get #isFull(): boolean {
    return this.#entries.size + this.#ended.length >= limits.auditWaitingMax
  }

  #now(): number {
    const now = this.#options.clock.now()
    const current = Math.floor(now / minute)
    if (current !== this.#minute || this.#entries.size >= limits.auditEntriesMax) {
      this.#endMinute()
      this.#minute = current
    }
    return now
  }

  /** An id that sorts after the one before, also within a millisecond, unless the clock was set back. */
  #newId(now: number): AuditId {
    const isJustBehind = now <= this.#lastAt && this.#lastAt - now < second
    this.#lastAt = isJustBehind ? this.#lastAt + 1 : now
    return uuidV7(this.#lastAt, this.#options.randomBytes) as AuditId
  }

  #endMinute(): void {
    for (const entry of this.#entries.values()) if (entry.count > entry.stored) this.#ended.push(entry)
    this.#entries = new Map()
    this.#lastReads.clear()
    this.#refused = { known: 0, unknown: 0 }
  }

  #add(name: string, now: number, record: Omit<NewAuditRecord, 'id' | 'count' | 'change'>): Entry {
    const id = this.#newId(now)
    const entry = { record: { id, ...record, change: null, count: 0 }, count: 1, stored: 0 }
    this.#entries.set(name, entry)
    this.#storeSoon()
    return entry
  }

  #storeSoon(): void {
    this.#cancelTimer ??= this.#options.clock.after(limits.auditStoreMs, () => {
      this.#cancelTimer = null
      this.#storing = this.#store().finally(() => {
        this.#storing = null
        // The last counts of the running minute are stored after it.
        if (this.#entries.size + this.#ended.length > 0) this.#storeSoon()
      })
    })
  }

  async #store(): Promise<void> {
    this.#now()
    const waiting = [...this.#ended, ...this.#entries.values().filter(({ stored }) => stored === 0)]
    try {
      for (let at = 0; at < waiting.length; at += limits.auditStepRows) {
        const step = waiting.slice(at, at + limits.auditStepRows).map((entry) => ({ entry, count: entry.count }))
        await this.#options.store.recordAudit(step.map(({ entry, count }) => ({ ...entry.record, count })))
        for (const { entry, count } of step) entry.stored = count
      }
    } catch (error) {
      this.#options.failed('audit records cannot be stored now', error)
    }
    this.#ended = this.#ended.filter(({ count, stored }) => count > stored)
  }
}
