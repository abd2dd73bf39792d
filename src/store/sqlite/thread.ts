// A thread that owns a connection and runs calls one after the other. There are two such threads, one that writes and
// one that reads, so that a long list never delays a commit.

import { parentPort, workerData } from 'node:worker_threads'
import { accountLists } from './account-lists.ts'
import { attemptReads } from './attempts.ts'
import { auditReads, auditRole } from './audit.ts'
import { type BatchRows, batchOfRows } from './batch-rows.ts'
import { commitRole } from './commit.ts'
import { StoreRefused, StoreUnavailable } from '../../contracts/store.ts'
import { Database } from './database.ts'
import { deliveryLists } from './delivery-lists.ts'
import { classify, Malformed } from './errors.ts'
import { eraseReads, eraseRole } from './erase.ts'
import { endpointReads, endpointRole } from './endpoints.ts'
import { historyReads, historyRole } from './history.ts'
import { leaseReads, leaseRole } from './leases.ts'
import { migrate } from './migrate.ts'
import { keyReads, keyRole } from './keys.ts'
import { pollReads, pollRole } from './polls.ts'
import { portalReads, portalRole } from './portal-links.ts'
import { replayReads, replayRole } from './replays.ts'
import { sealReads, sealRole } from './seals.ts'
import { statsRole, statsSteps } from './stats.ts'
import { statsReads } from './stats-reads.ts'
import { tellingRole } from './tellings.ts'
import { tenantReads, tenantRole } from './tenants.ts'
import { upkeepReads, upkeepRole } from './upkeep.ts'

export interface ThreadOptions {
  readonly path: string
  readonly access: 'write' | 'read'
}

/** Calls and replies are sent as JSON text, which costs less than copying objects between threads. */
export interface Call {
  readonly method: string
  readonly args: readonly unknown[]
}

/** A call as JSON text, or the batch of a `commit`, the call of all events and outcomes (batch-rows.ts). */
export type Message = string | BatchRows

export type Reply = { readonly value: unknown } | { readonly error: PlainError }

/** An error as it is sent between threads. */
export interface PlainError {
  readonly name: string
  readonly message: string
  readonly outcomeUnknown?: boolean
  readonly malformed?: boolean
}

function writes(db: Database) {
  const versions = migrate(db)
  const steps = statsSteps(db)
  return {
    ...commitRole(db),
    ...leaseRole(db),
    ...tenantRole(db),
    ...keyRole(db),
    ...pollRole(db),
    ...portalRole(db),
    ...endpointRole(db),
    ...historyRole(db),
    ...auditRole(db),
    ...eraseRole(db, steps),
    ...replayRole(db),
    ...sealRole(db),
    ...statsRole(db, steps),
    ...tellingRole(db),
    ...upkeepRole(db),
    schemaVersions: () => versions,
  }
}

function reads(db: Database) {
  return {
    ...leaseReads(db),
    ...tenantReads(db),
    ...keyReads(db),
    ...pollReads(db),
    ...portalReads(db),
    ...endpointReads(db),
    ...historyReads(db),
    ...accountLists(db),
    ...deliveryLists(db),
    ...auditReads(db),
    ...eraseReads(db),
    ...replayReads(db),
    ...sealReads(db),
    ...statsReads(db),
    ...attemptReads(db),
    ...upkeepReads(db),
  }
}

export type Writes = ReturnType<typeof writes>
export type Reads = ReturnType<typeof reads>

/** A method of a role as the thread calls it: the arguments come from a message. */
type Method = (...args: readonly unknown[]) => unknown

function serve(port: NonNullable<typeof parentPort>, { path, access }: ThreadOptions): void {
  let db: Database | undefined
  let methods: Readonly<Record<string, Method>>
  try {
    db = new Database(path, access)
    methods = (access === 'write' ? writes(db) : reads(db)) as Readonly<Record<string, Method>>
  } catch (error) {
    db?.close()
    // For any error (tables of another program, a full disk): the database cannot be used.
    const refusal = `cannot use the database ${path}: ${plain(error).message}`
    const refused = error instanceof StoreRefused ? error : new StoreRefused(refusal)
    port.postMessage(JSON.stringify({ error: plain(refused) } satisfies Reply))
    port.close()
    return
  }
  const send = (reply: Reply): void => port.postMessage(JSON.stringify(reply))
  port.on('message', (message: Message) => {
    const { method, args } = callOf(message)
    try {
      if (method === 'close') {
        db?.close()
        send({ value: null })
        port.close()
        return
      }
      const call = methods[method]
      if (call === undefined) throw new Error(`no such method: ${method}`)
      send({ value: call(...args) })
    } catch (error) {
      send({ error: plain(classify(error)) })
    }
  })
  send({ value: Object.keys(methods) })
}

function callOf(message: Message): Call {
  return typeof message === 'string'
    ? (JSON.parse(message) as Call)
    : { method: 'commit', args: [batchOfRows(message)] }
}

function plain(error: unknown): PlainError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) }
  const outcomeUnknown = error instanceof StoreUnavailable && error.outcomeUnknown
  return { name: error.name, message: error.message, outcomeUnknown, malformed: error instanceof Malformed }
}

if (parentPort !== null) serve(parentPort, workerData as ThreadOptions)
