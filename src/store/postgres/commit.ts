// The write path of every event: a batch is one statement and one round trip, whatever it holds. Only point writes,
// nothing that depends on how much is stored or waits.
//
// The statement begins by counting the commit in the node's own row. That holds off whoever would declare the node dead
// until the batch is durable, refuses the batch if that has happened already, and tells a node that lost the answer
// whether the batch took effect. Where it did not, asking takes its number away, so that it never will.

import { setTimeout as sleep } from 'node:timers/promises'
import type { DeliveryId, Incarnation } from '../../domain/ids.ts'
import { limits } from '../../domain/limits.ts'
import { compareWithFirst, type FirstEvent } from '../first-event.ts'
import { eventColumns } from '../rows.ts'
import { IncarnationLost, StoreUnavailable } from '../../contracts/store.ts'
import type {
  CommitBatch,
  CommitResult,
  AttemptSummary,
  IngestResult,
  RemoteHealth,
} from '../../contracts/commit-store.ts'
import type { Changes } from './changes.ts'
import { commitStatement, commitValues } from './commit-statement.ts'
import { Connection } from './connection.ts'
import type { Database, Session } from './database.ts'
import { classify, isBroken, isCollision } from './errors.ts'

/** How often a node that lost the answer to a commit asks what became of it. */
const askAgainMs = 250

interface Answer {
  readonly alive: boolean
  /** Places of the events that were not stored, from 1; null: all were. */
  readonly refused: number[] | null
  readonly fenced: DeliveryId[] | null
  readonly remoteHealth: RemoteHealth[] | null
}

export function commitRole(db: Database, changes: Changes) {
  const connection = new Connection(db, { purpose: 'commits', answerMs: db.bounds.promptAnswerMs })
  /** Each commit has its number, larger than all before, of earlier incarnations too: the last one used or taken away. */
  let commits = 0

  return {
    async commit(batch: CommitBatch): Promise<CommitResult> {
      if (batch.events.length + batch.moves.length + batch.summaries.length === 0) {
        return { events: [], fenced: [], remoteHealth: [] }
      }
      commits += 1
      const answer = await write(batch)
      const fenced = answer?.fenced ?? []
      const remoteHealth = answer?.remoteHealth ?? []
      if (answer?.refused === null) return { events: batch.events.map(() => stored), fenced, remoteHealth }
      const refused = answer === null ? null : new Set(answer.refused)
      return { events: await untilTold(() => whatBecameOf(batch, refused)), fenced, remoteHealth }
    },

    closeCommits: () => connection.close(),
  }

  /** Null: it took effect, but the answer was lost. */
  async function write(batch: CommitBatch): Promise<Answer | null> {
    try {
      const answer = await withoutCollision(() => attempt(batch))
      if (!answer.alive) throw new IncarnationLost('this node was silent for so long that it was declared dead')
      return answer
    } catch (error) {
      if (!isBroken(error)) throw classify(error)
      if (await untilTold(() => tookEffect(batch.node))) return null
      throw new StoreUnavailable('the connection to PostgreSQL broke before a commit took effect')
    }
  }

  async function attempt(batch: CommitBatch): Promise<Answer> {
    const values = commitValues(batch, commits, changes.message({ kind: 'due' }))
    const statement = commitStatement(batch)
    const disabling = batch.summaries.filter((summary) => summary.disable !== undefined)
    const answer =
      disabling.length === 0
        ? await connection.use((session) => session.get<Answer>(statement, ...values))
        : await connection.transaction(async (session) => {
            await lock(session, disabling)
            const row = await session.get<Answer>(statement, ...values)
            if (row?.alive === true) await disable(session, disabling, batch.now)
            return row
          })
    if (answer === undefined) throw new Error('a commit was not answered')
    return answer
  }

  /** Tenants, endpoints, then the rest: the order in which all who change endpoints lock them. */
  async function lock(session: Session, summaries: readonly AttemptSummary[]): Promise<void> {
    const keys = summaries.map((summary) => summary.endpoint)
    await session.run(
      `SELECT FROM tenants WHERE id = ANY(ARRAY(SELECT tenant FROM endpoints WHERE key = ANY($1::bigint[])))
       ORDER BY id FOR NO KEY UPDATE`,
      keys,
    )
    await session.run('SELECT FROM endpoints WHERE key = ANY($1::bigint[]) ORDER BY key FOR NO KEY UPDATE', keys)
  }

  async function disable(session: Session, summaries: readonly AttemptSummary[], now: number): Promise<void> {
    const keys = summaries.map((summary) => summary.endpoint)
    const off = await session.all<{ tenant: string }>(
      `UPDATE endpoints p SET enabled = false, disabled_reason = f.reason, updated_at = greatest(p.updated_at + 1, $3)
       FROM unnest($1::bigint[], $2::text[]) AS f(key, reason)
       WHERE p.key = f.key AND p.key = ANY($1::bigint[]) AND p.enabled RETURNING p.tenant`,
      keys,
      summaries.map((summary) => summary.disable ?? null),
      now,
    )
    await session.run('UPDATE endpoint_status SET sweep = true WHERE endpoint = ANY($1::bigint[])', keys)
    for (const tenant of new Set(off.map((row) => row.tenant))) await changes.tenantChanged(session, tenant)
  }

  /**
   * Waits for a commit of which nobody knows whether it is still under way. One that has not reached the server yet is
   * refused from now on. May be asked again, or be heard by the server late: the count only grows.
   */
  async function tookEffect(node: Incarnation): Promise<boolean> {
    const asked = commits
    const row = await connection.use((session) =>
      session.get<{ commits: number; dead: boolean }>(
        `UPDATE nodes SET commits = CASE WHEN commits < $2 THEN $2 + 1 ELSE commits END
         WHERE incarnation = $1 RETURNING commits, dead_at IS NOT NULL AS dead`,
        node,
        asked,
      ),
    )
    if (row === undefined || row.dead)
      throw new IncarnationLost('this node was declared dead while it had no database', { outcomeUnknown: true })
    commits = row.commits
    return row.commits === asked
  }

  /** @param refused which events were not stored; null: nobody has told */
  async function whatBecameOf({ events }: CommitBatch, refused: ReadonlySet<number> | null): Promise<IngestResult[]> {
    const isAsked = (index: number): boolean => refused === null || refused.has(index + 1)
    const rows = await connection.use((session) =>
      session.all<FirstEvent & { place: number; ours: boolean }>(
        `SELECT g.place::int, ${eventColumns}, e.deliveries,
           (SELECT true FROM deliveries WHERE id = ANY(ARRAY[g.delivery]) AND event = e.seq ORDER BY id) IS NOT NULL AS ours
         FROM unnest($1::text[], $2::text[], $3::uuid[]) WITH ORDINALITY AS g(tenant, id, delivery, place)
           CROSS JOIN LATERAL (SELECT * FROM events WHERE id = ANY(ARRAY[g.id]) AND tenant = g.tenant ORDER BY id) e`,
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
      // One without deliveries is like a repeat of itself, and nothing depends on which it is.
      const ours = refused === null && (first.ours || (deliveries.length === 0 && first.deliveries === 0))
      return ours ? stored : compareWithFirst(event, first)
    })
  }
}

const stored: IngestResult = { kind: 'stored' }

/** A deadlock has undone everything: the same again goes through, because the other one has gone through. */
async function withoutCollision<Result>(action: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await action()
    } catch (error) {
      if (!isCollision(error) || tries === limits.updateTriesMax) throw error
    }
  }
}

/** Asks until the database answers. @throws IncarnationLost: it has not, for as long as a node may be silent */
async function untilTold<Result>(ask: () => Promise<Result>): Promise<Result> {
  const giveUpAt = Date.now() + limits.storeAnswerMs
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      const known = classify(error)
      if (!(known instanceof StoreUnavailable) || known instanceof IncarnationLost) throw known
      if (Date.now() > giveUpAt) {
        throw new IncarnationLost(`nobody knows whether the last commit took effect: ${known.message}`, {
          outcomeUnknown: true,
        })
      }
      await sleep(askAgainMs)
    }
  }
}
