// Operational events for both databases: which endpoints of the system tenant get them, and which changes are left out.

import { createHash } from 'node:crypto'
import type { Event } from '../domain/event.ts'
import { type DeliveryId, type EndpointKey, uuidV7 } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import { prepareMatching, type Wants } from '../domain/matching.ts'
import { type EndpointTelling, systemTenant, type Telling } from '../domain/operational-events.ts'
import { minute } from '../domain/time.ts'
import { type EndpointColumns, endpointOf } from './rows.ts'

/** Columns of an enabled endpoint `p` of the system tenant `t`. */
export const audienceColumns = `t.label, t.retain_data_seconds, p.key, p.tenant, p.id, p.url, p.event_types, p.filters,
  p.details, p.description, p.enabled, p.disabled_reason, p.sealed_headers, p.sealed_secrets, p.unique_key, p.created_at,
  p.updated_at`

export type AudienceColumns = EndpointColumns & { label: string; retain_data_seconds: number | null }

interface Listener {
  readonly key: EndpointKey
  readonly updatedAt: number
  /** Whether it wants to know when endpoints fail, or when they recover; perhaps not of all of them. */
  readonly watchesHealth: boolean
  readonly wants: Wants<Pick<Event, 'type'>>
}

/** An event of the system tenant with its deliveries, which wait in the database. */
export interface News {
  readonly event: Event
  readonly deliveries: readonly { readonly id: DeliveryId; readonly endpoint: EndpointKey }[]
}

/** A row of the table `tellings`. */
export interface ToldColumns {
  endpoint: number
  type: string
  minute: number
  told: number
  left_out: number
  last: string | null
}

/** The endpoints of the system tenant that are enabled. */
export class Audience {
  readonly label: string
  readonly #retainDataSeconds: number | null
  readonly #listeners: readonly Listener[]

  constructor(rows: readonly AudienceColumns[]) {
    this.label = rows[0]?.label ?? ''
    this.#retainDataSeconds = rows[0]?.retain_data_seconds ?? null
    this.#listeners = rows.map((row) => {
      const { key, updatedAt, eventTypes, filters } = endpointOf(row)
      const wantsType = prepareMatching({ eventTypes, filters: {} })
      const watchesHealth = (['endpoint.failing', 'endpoint.recovered'] as const).some((type) =>
        wantsType({ type }, null),
      )
      return { key, updatedAt, watchesHealth, wants: prepareMatching({ eventTypes, filters }) }
    })
  }

  get keys(): readonly EndpointKey[] {
    return this.#listeners.map(({ key }) => key)
  }

  isWanted(telling: Telling): boolean {
    return this.#listeners.some(({ wants }) => wants(telling, telling.attributes))
  }

  /**
   * The time since which the present listeners were told of every endpoint that fails or recovers; Infinity: none of them
   * wants to know. Changes that were told before then do not count.
   */
  get watchesHealthSince(): number {
    const watching = this.#listeners.filter(({ watchesHealth }) => watchesHealth)
    return Math.min(Infinity, ...watching.map(({ updatedAt }) => updatedAt))
  }

  /** The event of a telling, with a delivery for each endpoint that wants it. */
  newsOf({ id, type, at, attributes, data }: Telling, now: number): News {
    const eraseAt = this.#retainDataSeconds === null ? {} : { eraseAt: now + 1000 * this.#retainDataSeconds }
    const event: Event = {
      id,
      tenant: systemTenant,
      type,
      data: JSON.stringify(data),
      attributes,
      occurredAt: at,
      acceptedAt: now,
      ...eraseAt,
    }
    const wanting = this.#listeners.filter(({ wants }) => wants(event, attributes))
    return { event, deliveries: wanting.map(({ key }) => ({ id: deliveryIdOf(event, key), endpoint: key })) }
  }
}

/** The store has no random numbers: the rest of the id follows from the event and the endpoint. */
function deliveryIdOf({ id, acceptedAt }: Event, endpoint: EndpointKey): DeliveryId {
  const digest = createHash('sha256').update(`${id} ${acceptedAt} ${endpoint}`).digest()
  return uuidV7(acceptedAt, () => digest) as DeliveryId
}

export interface Chosen {
  readonly told: readonly Telling[]
  /** The rows to store. */
  readonly rows: readonly ToldColumns[]
}

/**
 * Chooses the tellings that become events: of each endpoint and type, `limits.toldPerMinute` in a minute.
 *
 * @param stored the stored rows of their endpoints
 */
export function chooseTold(tellings: readonly EndpointTelling[], stored: readonly ToldColumns[], now: number): Chosen {
  const rows = new Map(stored.map((row) => [`${row.endpoint} ${row.type}`, row]))
  const changed = new Set<string>()
  const told: Telling[] = []
  for (const telling of tellings) {
    const place = `${telling.endpoint} ${telling.type}`
    const row = currentRow(telling, rows.get(place), Math.floor(now / minute))
    if (row.told < limits.toldPerMinute) {
      told.push(withCount(telling, row.left_out))
      rows.set(place, { ...row, told: row.told + 1, left_out: 0, last: null })
    } else rows.set(place, { ...row, left_out: row.left_out + 1, last: JSON.stringify(telling) })
    changed.add(place)
  }
  return { told, rows: [...changed].flatMap((place) => rows.get(place) ?? []) }
}

/** The counts of another node, whose clock is ahead, are those of this minute too. */
function currentRow({ endpoint, type }: EndpointTelling, row: ToldColumns | undefined, now: number): ToldColumns {
  if (row === undefined) return { endpoint, type, minute: now, told: 0, left_out: 0, last: null }
  return row.minute >= now ? row : { ...row, minute: now, told: 0 }
}

/** The last change that the row left out. */
export function leftOutOf({ last, left_out: count }: ToldColumns): Telling | null {
  return last === null ? null : withCount(JSON.parse(last) as Telling, count - 1)
}

function withCount(telling: Telling, leftOut: number): Telling {
  return { ...telling, data: { ...telling.data, leftOut } }
}
