// The write path of every event. A batch is one statement and one round trip, whether it has events, outcomes or both;
// only a batch that disables an endpoint, or has something to tell, needs a transaction around it. It makes only point writes: its cost does not
// depend on how many events are stored or how many deliveries wait.
//
// The statement first writes the number of the commit to the node's own row. The lock of the row delays a node that
// wants to declare this one dead until the batch is durable. If the node is dead already, the batch is refused. A node
// that lost the answer reads from the row whether the batch took effect. If it did not, the same query raises the
// number in the row, so that the batch cannot take effect later.

import { setTimeout as sleep } from 'node:timers/promises'
import type { DeliveryId, EndpointKey, Incarnation } from '../../domain/ids.ts'
import { limits } from '../../domain/limits.ts'
import { compareWithFirst, type FirstEvent } from '../first-event.ts'
import { eventColumns, tenantIdOf } from '../rows.ts'
import { IncarnationLost, StoreUnavailable } from '../../contracts/store.ts'
import type {
  CommitBatch,
  CommitResult,
  AttemptSummary,
  IngestResult,
  RemoteHealth,
} from '../../contracts/commit-store.ts'
import type { Audience } from '../telling-rows.ts'
import { addAudit } from './audit.ts'
import type { Changes } from './changes.ts'
import { commitStatement, commitValues } from './commit-statement.ts'
import { Connection } from './connection.ts'
import type { Database, Session } from './database.ts'
import { removeEndpoint } from './endpoint-removal.ts'
import { classify, isBroken, isCollision } from './errors.ts'
import { labelOf } from './labels.ts'
import { audienceOf, tellOfCommit } from './tellings.ts'

/** How often a node that lost the answer to a commit asks for its result. */
const askAgainMs = 250

interface Answer {
  readonly alive: boolean
  /** Places of the events that were not stored, from 1; null: all were. */
  readonly refused: number[] | null
  readonly fenced: DeliveryId[] | null
  readonly remoteHealth: RemoteHealth[] | null
  /** These two are absent if the statement was the whole transaction. */
  readonly disabled?: readonly EndpointKey[]
  readonly told?: boolean
}

const stored: IngestResult = { kind: 'stored' }

export class Commits {
  readonly #connection: Connection
  readonly #changes: Changes
  /**
   * The last number that a commit used or that `#tookEffect` took away. Each commit has a higher number than all
   * earlier commits, also those of earlier incarnations.
   */
  #lastNumber = 0
  /** The last commit that was confirmed to its incarnation. */
  #confirmed: { readonly node: Incarnation | null; readonly number: number } = { node: null, number: 0 }

  constructor(db: Database, changes: Changes) {
    this.#connection = new Connection(db, { purpose: 'commits', answerMs: db.bounds.promptAnswerMs })
    this.#changes = changes
  }

  async commit(batch: CommitBatch): Promise<CommitResult> {
    if (batch.events.length + batch.moves.length + batch.summaries.length === 0) {
      return { events: [], fenced: [], remoteHealth: [], disabled: [], told: false }
    }
    this.#lastNumber += 1
    const answer = await this.#write(batch)
    const fenced = answer?.fenced ?? []
    // If the answer was lost, it is unknown which endpoints were disabled and which changes were told.
    const { disabled = [], told = answer === null && batch.tellings !== undefined } = answer ?? {}
    const remoteHealth = (answer?.remoteHealth ?? []).map((found) => ({ ...found, tenant: tenantIdOf(found.tenant) }))
    if (answer?.refused === null)
      return { events: batch.events.map(() => stored), fenced, remoteHealth, disabled, told }
    const refused = answer === null ? null : new Set(answer.refused)
    const events = await untilAnswered(() => this.#resultsOf(batch, refused))
    return { events, fenced, remoteHealth, disabled, told }
  }

  /** The number of the last commit of this incarnation that was confirmed. Its row has this number or a higher one. */
  confirmedOf(node: Incarnation): number {
    return this.#confirmed.node === node ? this.#confirmed.number : 0
  }

  close(): Promise<void> {
    return this.#connection.close()
  }

  /** Null: the batch took effect, but the answer was lost. */
  async #write(batch: CommitBatch): Promise<Answer | null> {
    try {
      const answer = await withoutCollision(() => this.#attempt(batch))
      if (!answer.alive) throw new IncarnationLost('this node was declared dead, or the database lost its last commits')
      this.#confirmed = { node: batch.node, number: this.#lastNumber }
      return answer
    } catch (error) {
      if (!isBroken(error)) throw classify(error)
      if (await untilAnswered(() => this.#tookEffect(batch.node))) return null
      throw new StoreUnavailable('the connection to PostgreSQL broke before a commit took effect')
    }
  }

  async #attempt(batch: CommitBatch): Promise<Answer> {
    const values = commitValues(
      batch,
      this.#lastNumber,
      this.confirmedOf(batch.node),
      this.#changes.message({ kind: 'due' }),
    )
    const statement = commitStatement(batch)
    const disabling = batch.summaries.filter((summary) => summary.disable !== undefined)
    const answer =
      disabling.length === 0 && batch.tellings === undefined
        ? await this.#connection.use((session) => session.get<Answer>(statement, ...values))
        : await this.#connection.transaction(async (session) => {
            const audience = await this.#lock(session, batch, disabling)
            const row = await session.get<Answer>(statement, ...values)
            if (row?.alive !== true) return row
            const disabled = disabling.length === 0 ? [] : await this.#disable(session, disabling, batch.now)
            const made = { fenced: row.fenced ?? [], disabled }
            const told =
              audience !== null &&
              (await tellOfCommit(session, this.#changes, audience, batch.tellings ?? [], made, batch.now))
            return { ...row, disabled, told }
          })
    if (answer === undefined) throw new Error('a commit was not answered')
    return answer
  }

  /**
   * Locks the tenants, then the endpoints, then their statuses: every transaction that changes endpoints locks in this
   * order. Returns the endpoints of the system tenant; null: there are none, or there is nothing to tell.
   */
  async #lock(
    session: Session,
    { events, moves, summaries, tellings = [] }: CommitBatch,
    disabling: readonly AttemptSummary[],
  ): Promise<Audience | null> {
    if (disabling.length > 0) await lock(session, disabling)
    const audience = tellings.length === 0 ? null : await audienceOf(session)
    if (audience === null || audience.keys.length === 0) return null
    const news = [...events.flatMap(({ deliveries }) => deliveries), ...moves, ...summaries]
    await session.run(
      'SELECT FROM endpoint_status WHERE endpoint = ANY($1::bigint[]) ORDER BY endpoint FOR NO KEY UPDATE',
      [...new Set([...audience.keys, ...news.map(({ endpoint }) => endpoint)])],
    )
    return audience
  }

  /** Returns the endpoints that were enabled. */
  async #disable(session: Session, summaries: readonly AttemptSummary[], now: number): Promise<readonly EndpointKey[]> {
    const keys = summaries.map((summary) => summary.endpoint)
    const disabled = await session.all<{ key: EndpointKey; tenant: string }>(
      `UPDATE endpoints p SET enabled = false, disabled_reason = f.reason, updated_at = greatest(p.updated_at + 1, $3)
       FROM unnest($1::bigint[], $2::text[]) AS f(key, reason)
       WHERE p.key = f.key AND p.key = ANY($1::bigint[]) AND p.enabled RETURNING p.key, p.tenant`,
      keys,
      summaries.map((summary) => summary.disable ?? null),
      now,
    )
    await session.run('UPDATE endpoint_status SET sweep = true WHERE endpoint = ANY($1::bigint[])', keys)
    for (const tenant of new Set(disabled.map((row) => tenantIdOf(row.tenant)))) {
      await this.#changes.tenantChanged(session, tenant)
    }
    const places = new Map(disabled.map(({ key, tenant }) => [key, { key, tenant: tenantIdOf(tenant) }]))
    for (const { endpoint, delete: deletes, audit } of summaries) {
      const place = places.get(endpoint)
      if (place === undefined) continue
      if (audit !== undefined) await addAudit(session, [audit])
      if (deletes !== undefined) await removeEndpoint(session, place, now, deletes.erasure)
    }
    return [...places.keys()]
  }

  /**
   * Waits for the last commit, which may still be running, and returns whether it took effect. If it has not reached
   * the server yet, it is refused from now on. The question may be repeated and may reach the server late, because the
   * number in the row only grows.
   */
  async #tookEffect(node: Incarnation): Promise<boolean> {
    const asked = this.#lastNumber
    const row = await this.#connection.use((session) =>
      session.get<{ commits: number; dead: boolean }>(
        `UPDATE nodes SET commits = CASE WHEN commits < $2 THEN $2 + 1 ELSE commits END
         WHERE incarnation = $1 AND commits >= $3 RETURNING commits, dead_at IS NOT NULL AS dead`,
        node,
        asked,
        this.confirmedOf(node),
      ),
    )
    if (row === undefined || row.dead) {
      const reason = 'this node was declared dead while it had no database, or the database lost its last commits'
      throw new IncarnationLost(reason, { outcomeUnknown: true })
    }
    this.#lastNumber = row.commits
    this.#confirmed = { node, number: row.commits }
    return row.commits === asked
  }

  /** @param refused the places of the events that were not stored, from 1; null: unknown */
  async #resultsOf({ events }: CommitBatch, refused: ReadonlySet<number> | null): Promise<IngestResult[]> {
    const isAsked = (index: number): boolean => refused === null || refused.has(index + 1)
    const rows = await this.#connection.use((session) =>
      session.all<FirstEvent & { place: number; ours: boolean }>(
        `SELECT g.place::int, ${eventColumns}, e.deliveries,
           (SELECT true FROM deliveries WHERE id = ANY(ARRAY[g.delivery]) AND event = e.seq ORDER BY id) IS NOT NULL AS ours
         FROM unnest($1::text[], $2::text[], $3::uuid[]) WITH ORDINALITY AS g(tenant, id, delivery, place)
           CROSS JOIN LATERAL (
             SELECT * FROM events WHERE id = ANY(ARRAY[g.id]) AND tenant = ${labelOf('g.tenant')} ORDER BY id) e`,
        events.map(({ event }) => event.tenant),
        events.map(({ event }, index) => (isAsked(index) ? event.id : null)),
        events.map(({ deliveries }) => deliveries[0]?.id ?? null),
      ),
    )
    const firsts = new Map(rows.map((row) => [row.place, row]))
    return events.map(({ event, deliveries }, index): IngestResult => {
      if (!isAsked(index)) return stored
      const first = firsts.get(index + 1)
      if (first === undefined) return { kind: 'stale' }
      // An event without deliveries looks like a repeat of itself, and nothing depends on which of the two it is.
      const ours = refused === null && (first.ours || (deliveries.length === 0 && first.deliveries === 0))
      return ours ? stored : compareWithFirst(event, first)
    })
  }
}

async function lock(session: Session, summaries: readonly AttemptSummary[]): Promise<void> {
  const keys = summaries.map((summary) => summary.endpoint)
  await session.run(
    `SELECT FROM tenants WHERE label = ANY(ARRAY(SELECT tenant FROM endpoints WHERE key = ANY($1::bigint[])))
     ORDER BY label FOR NO KEY UPDATE`,
    keys,
  )
  await session.run('SELECT FROM endpoints WHERE key = ANY($1::bigint[]) ORDER BY key FOR NO KEY UPDATE', keys)
}

/** Repeats `action` after a collision: it was rolled back, and the other transaction has passed by then. */
async function withoutCollision<Result>(action: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await action()
    } catch (error) {
      if (!isCollision(error) || tries === limits.updateTriesMax) throw error
    }
  }
}

/** Repeats `ask` until the database answers. @throws IncarnationLost after `limits.storeAnswerMs` without an answer */
async function untilAnswered<Result>(ask: () => Promise<Result>): Promise<Result> {
  const giveUpAt = Date.now() + limits.storeAnswerMs
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      const known = classify(error)
      if (!(known instanceof StoreUnavailable) || known instanceof IncarnationLost) throw known
      if (Date.now() > giveUpAt) {
        throw new IncarnationLost(`it is unknown whether the last commit took effect: ${known.message}`, {
          outcomeUnknown: true,
        })
      }
      await sleep(askAgainMs)
    }
  }
}
