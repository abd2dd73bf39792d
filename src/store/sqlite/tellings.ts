// Operational events, written in the transaction of the change that they tell of.

import type { DeliveryId, EndpointKey } from '../../domain/ids.ts'
import { minute } from '../../domain/time.ts'
import { type EndpointTelling, systemDialect, systemTenant, type Telling } from '../../domain/operational-events.ts'
import { attributesText } from '../first-event.ts'
import {
  Audience,
  audienceColumns,
  type AudienceColumns,
  chooseTold,
  leftOutOf,
  type News,
  type ToldColumns,
} from '../telling-rows.ts'
import type { Database } from './database.ts'
import { FreshEntries, freshWriter } from './deferred-indexes.ts'
import { addCounts } from './stats.ts'
import { waitsUntil } from './upkeep.ts'

/** The result of the moves and summaries of a commit. */
export interface Made {
  readonly fenced: readonly DeliveryId[]
  readonly disabled: readonly EndpointKey[]
}

const toldColumns = 'endpoint, type, minute, told, left_out, last'

/** Calls of other roles run in the transaction of the caller. */
export function tellings(db: Database) {
  const freshEntries = freshWriter(db)
  return { tell, tellOfCommit }

  /** Whether an endpoint of the system tenant wants one of the events. */
  function tell(all: readonly Telling[], now: number): boolean {
    return all.length > 0 && store(audience(), all, now)
  }

  /** As `tell`, for the tellings that are true, without those past the bound. */
  function tellOfCommit(all: readonly EndpointTelling[], made: Made, now: number): boolean {
    if (all.length === 0) return false
    const listening = audience()
    if (listening.keys.length === 0) return false
    const wanted = all.filter((telling) => isTrue(telling, made, listening, now) && listening.isWanted(telling))
    const keys = JSON.stringify(wanted.map(({ endpoint }) => endpoint))
    const stored = db.all<ToldColumns>(
      `SELECT ${toldColumns} FROM tellings WHERE endpoint IN (SELECT value FROM json_each(?))`,
      keys,
    )
    const { told, rows } = chooseTold(wanted, stored, now)
    for (const { endpoint, type, minute: of, told: count, left_out: leftOut, last } of rows) {
      db.run(
        `INSERT OR REPLACE INTO tellings (${toldColumns}) VALUES (?, ?, ?, ?, ?, ?)`,
        endpoint,
        type,
        of,
        count,
        leftOut,
        last,
      )
    }
    return store(listening, told, now)
  }

  function audience(): Audience {
    const rows = db.all<AudienceColumns>(
      `SELECT ${audienceColumns} FROM tenants t JOIN endpoints p ON p.tenant = t.label
       WHERE t.id = ? AND t.dialect = ? AND p.enabled = 1 AND p.deleted_at IS NULL`,
      systemTenant,
      systemDialect,
    )
    return new Audience(rows)
  }

  function isTrue(telling: EndpointTelling, made: Made, listening: Audience, now: number): boolean {
    switch (telling.type) {
      case 'delivery.exhausted':
        return !made.fenced.includes(telling.delivery)
      case 'endpoint.disabled':
        return made.disabled.includes(telling.endpoint)
      case 'endpoint.failing':
      case 'endpoint.recovered':
        return turns(telling.endpoint, telling.type === 'endpoint.failing', listening.watchesHealthSince, now)
    }
  }

  /** Whether the endpoint is enabled, and the last told change of its health is another one. */
  function turns(endpoint: EndpointKey, fails: boolean, since: number, now: number): boolean {
    if (since === Infinity) return false
    const turned = db.run(
      `UPDATE endpoint_status SET failing_told_at = iif(?1, ?2, NULL)
       WHERE endpoint = ?3 AND ifnull(failing_told_at >= ?4, 0) <> ?1
         AND EXISTS (SELECT 1 FROM endpoints p WHERE p.key = ?3 AND p.enabled = 1 AND p.deleted_at IS NULL)`,
      fails ? 1 : 0,
      now,
      endpoint,
      since,
    )
    return turned > 0
  }

  function store(listening: Audience, all: readonly Telling[], now: number): boolean {
    const { label } = listening
    const news = all
      .map((telling) => listening.newsOf(telling, now))
      .filter(({ event, deliveries }) => deliveries.length > 0 && add(event, deliveries, label))
    addCounts(
      db,
      now,
      [],
      news.map(({ event: { type } }) => [label, type, 1] as const),
    )
    return news.length > 0
  }

  /** False: the operator has posted an event with this id. */
  function add(event: News['event'], deliveries: News['deliveries'], label: string): boolean {
    const { id, type, data, occurredAt, acceptedAt, eraseAt = null } = event
    const inserted = db
      .prepare(
        `INSERT INTO events (tenant, id, type, data, attributes, occurred_at, accepted_at, deliveries, erase_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      )
      .run(label, id, type, data, attributesText(event), occurredAt, acceptedAt, deliveries.length, eraseAt)
    if (inserted.changes === 0) return false
    const fresh = new FreshEntries()
    fresh.events.push(label, acceptedAt, inserted.lastInsertRowid)
    for (const { id: delivery, endpoint } of deliveries) {
      db.run(
        'INSERT INTO deliveries (id, event, endpoint, status, due_at) VALUES (?, ?, ?, 0, ?)',
        delivery,
        Number(inserted.lastInsertRowid),
        endpoint,
        acceptedAt,
      )
      fresh.deliveries.push(endpoint, delivery)
      db.run(waitsUntil, acceptedAt, endpoint)
    }
    freshEntries.add(fresh)
    return true
  }
}

export function tellingRole(db: Database) {
  const { tell } = tellings(db)
  return {
    tellLeftOut(now: number, rowsMax: number): number {
      const old = `SELECT ${toldColumns} FROM tellings WHERE minute < ? ORDER BY minute LIMIT ?`
      const current = Math.floor(now / minute)
      if (db.get(old, current, 1) === undefined) return 0
      return db.transaction(() => {
        const rows = db.all<ToldColumns>(old, current, rowsMax)
        for (const { endpoint, type } of rows)
          db.run('DELETE FROM tellings WHERE endpoint = ? AND type = ?', endpoint, type)
        tell(
          rows.flatMap((row) => leftOutOf(row) ?? []),
          now,
        )
        return rows.length
      })
    },
  }
}
