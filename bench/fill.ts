// Fills the SQLite file of an installation whose server does not run, because posting a million events would take
// minutes. The rows are the same as the service writes; ids and sealed secrets come from its code. It runs in its own
// process, because it computes for half a minute.

import { closeSync, fsyncSync, openSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { randomFillSync } from 'node:crypto'
import definedAllo from '../src/dialects/allo/allo.ts'
import type { Endpoint } from '../src/domain/endpoint.ts'
import { type DeliveryId, type EndpointId, type EndpointKey, type TenantId, uuidV7 } from '../src/domain/ids.ts'
import { proof, readProof } from '../src/vault/master-key.ts'
import { RowSeals } from '../src/vault/row-seals.ts'
import { createVault } from '../src/vault/vault.ts'
import { serveOrders } from './child.ts'
import { eventData, eventType } from './tenants.ts'

const { dialect: allo } = definedAllo

export interface FillOrder {
  /** The database file. An earlier start of the server has created its schema. */
  readonly path: string
  readonly masterKey: string
  /** The number of further endpoints, which get no events. Each tenant has ten. */
  readonly endpoints: number
  /** The number of deliveries, spread evenly over the endpoints of `tenants`. */
  readonly deliveries: number
  /** The prefix of the tenants' ids, before a hyphen. */
  readonly tenants: string
  /** `retry`: failed once, due in 1 to 10 hours. `now`: never attempted, because the lane had no room, and due. */
  readonly due: 'retry' | 'now'
}

const hourMs = 3_600_000
const endpointsPerTenant = 10
const pool = new Uint8Array(65_536)
let poolAt = pool.length

function fill(order: FillOrder): void {
  const db = new DatabaseSync(order.path)
  try {
    // Without a journal: after an error the whole folder is deleted.
    db.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -262144; BEGIN')
    if (order.endpoints > 0) addEndpoints(db, order)
    if (order.deliveries > 0) addDeliveries(db, order)
    db.exec('COMMIT; PRAGMA journal_mode = WAL')
  } finally {
    db.close()
  }
  // Without this the kernel would write the file during the measurement.
  const file = openSync(order.path, 'r+')
  fsyncSync(file)
  closeSync(file)
}

function addEndpoints(db: DatabaseSync, order: FillOrder): void {
  const vault = createVault([Buffer.from(order.masterKey, 'base64')])
  const stored = db.prepare('SELECT value FROM installation WHERE name = ?').get(proof.name)?.['value']
  const seals = new RowSeals(vault, readProof(vault, String(stored)).text)
  const now = Date.now()
  const value = (name: string): number =>
    Number(db.prepare('SELECT value FROM sequences WHERE name = ?').get(name)?.['value'])
  let key = value('endpoint')
  let version = value('version')
  const tenantRow = db.prepare(
    'INSERT INTO tenants (id, dialect, name, settings, created_at, version) VALUES (?, ?, NULL, ?, ?, ?)',
  )
  const endpointRow = db.prepare(
    `INSERT INTO endpoints (key, tenant, id, url, event_types, filters, enabled, sealed_headers, sealed_secrets,
       created_at, updated_at) VALUES (?, ?, ?, ?, ?, '{}', 1, ?, ?, ?, ?)`,
  )
  const statusRow = db.prepare('INSERT INTO endpoint_status (endpoint) VALUES (?)')
  for (let index = 0; index < order.endpoints; index += 1) {
    const tenant = `other-${Math.floor(index / endpointsPerTenant)}`
    version += 1
    if (index % endpointsPerTenant === 0) tenantRow.run(tenant, allo.name, '{}', now, version)
    key += 1
    const endpoint: Endpoint = {
      key: key as EndpointKey,
      id: allo.newEndpointId(key as EndpointKey, randomBytes) as EndpointId,
      tenant: tenant as TenantId,
      url: `https://customer-${index}.example.com/webhooks/calls`,
      eventTypes: [eventType],
      filters: {},
      description: null,
      enabled: true,
      disabledReason: null,
      headers: {},
      details: {},
      writeOnlyHeaders: [],
      secrets: [{ value: allo.endpointRules.newSecret?.(randomBytes) ?? '', createdAt: now, expiresAt: null }],
      createdAt: now,
      updatedAt: now,
    }
    const { sealedHeaders, sealedSecrets } = seals.storedEndpoint(endpoint, allo.name, null)
    endpointRow.run(key, tenant, endpoint.id, endpoint.url, `["${eventType}"]`, sealedHeaders, sealedSecrets, now, now)
    statusRow.run(key)
  }
  const sequence = db.prepare('UPDATE sequences SET value = ? WHERE name = ?')
  sequence.run(key, 'endpoint')
  sequence.run(version, 'version')
}

function addDeliveries(db: DatabaseSync, order: FillOrder): void {
  const endpoints = db
    .prepare(`SELECT key, tenant FROM endpoints WHERE tenant GLOB ? ORDER BY key`)
    .all(`${order.tenants}-*`) as unknown as { key: number; tenant: string }[]
  if (endpoints.length === 0) throw new Error(`no endpoints of tenants ${order.tenants}-*`)
  const rows: Rows = {
    event: db.prepare('INSERT INTO events VALUES (NULL, ?, ?, ?, ?, NULL, ?, ?, 1, NULL, NULL, 0)'),
    delivery: db.prepare('INSERT INTO deliveries VALUES (?, ?, ?, 0, ?, 0, ?, NULL, NULL, NULL, NULL)'),
    attempt: db.prepare(
      `INSERT INTO attempts VALUES (?, 1, ?, 3, 'rejected', 500, NULL, 'Internal Server Error', NULL, NULL, NULL, NULL, NULL)`,
    ),
  }
  const data = JSON.stringify(eventData())
  const endAt = Date.now()
  const beginAt = endAt - hourMs
  for (let index = 0; index < order.deliveries; index += 1) {
    const at = beginAt + Math.floor((index / order.deliveries) * hourMs)
    // Retries are due long after the end of the bench, in another order than that of acceptance.
    const dueAt = order.due === 'now' ? at : endAt + hourMs * (1 + 9 * Math.random())
    addDelivery(rows, endpoints[index % endpoints.length] as { key: number; tenant: string }, data, at, dueAt)
  }
  // The index tables are filled last and in order, which is faster.
  db.exec(`INSERT INTO events_of_tenant SELECT tenant, accepted_at, seq FROM events ORDER BY 1, 2, 3;
    INSERT INTO deliveries_of_endpoint SELECT endpoint, id FROM deliveries ORDER BY 1, 2`)
  const outcome = { kind: 'rejected', status: 500, retryAfterMs: null } as const
  const delivery = uuidV7(endAt, randomBytes) as DeliveryId
  const { health } = allo.health(null, { at: endAt, succeeded: false, outcome, delivery, ended: false })
  const failed = `attempts = ${Math.ceil(order.deliveries / endpoints.length)}, last_attempt_at = ${endAt},
    last_attempt_succeeded = 0, health = '${health}'`
  db.exec(`UPDATE endpoint_status SET ${order.due === 'now' ? '' : `${failed}, `} next_due_at = (SELECT min(due_at)
      FROM deliveries WHERE status = 0 AND node IS NULL AND endpoint = endpoint_status.endpoint)
    WHERE endpoint IN (${endpoints.map(({ key }) => key).join()})`)
}

interface Rows {
  readonly event: StatementSync
  readonly delivery: StatementSync
  readonly attempt: StatementSync
}

function addDelivery(
  rows: Rows,
  { key, tenant }: { key: number; tenant: string },
  data: string,
  acceptedAt: number,
  dueAt: number,
): void {
  const event = allo.newEventId(acceptedAt, randomBytes)
  const delivery = uuidV7(acceptedAt, randomBytes)
  const { lastInsertRowid } = rows.event.run(tenant, event, eventType, data, acceptedAt, acceptedAt)
  const wasTried = dueAt > acceptedAt
  rows.delivery.run(delivery, lastInsertRowid, key, wasTried ? 1 : 0, Math.floor(dueAt))
  if (wasTried) rows.attempt.run(delivery, acceptedAt + 2)
}

/** Random bytes from a pool, so that one system call serves many ids. */
function randomBytes(count: number): Uint8Array {
  if (poolAt + count > pool.length) {
    randomFillSync(pool)
    poolAt = 0
  }
  poolAt += count
  return pool.subarray(poolAt - count, poolAt)
}

if (import.meta.main) {
  serveOrders((order) => {
    fill(order as FillOrder)
    return Promise.resolve(null)
  })
}
