// The one statement of a commit, made of the parts that a batch needs. Rows come in as arrays, a column each.
//
// Wherever a table meets such rows its key is also compared with `ANY(ARRAY(…))`, here and in the files beside: whichever
// way the planner joins, it then reads these rows by their keys and not a whole index, which costs it nothing where the
// table was empty when the plan was made.

import { attributesText } from '../first-event.ts'
import { outcomeColumns, statusCode } from '../rows.ts'
import type { CommitBatch, AttemptSummary, NewEvent, RecordedMove } from '../../contracts/commit-store.ts'
import { withoutNul } from './database.ts'
import { isOff } from './upkeep.ts'

type Column = (string | number | boolean | null)[]

const statements = new Map<string, string>()

/** The same text for batches of the same parts, so that it is prepared once. */
export function commitStatement(batch: CommitBatch): string {
  const parts = `${hasEvents(batch)} ${hasOutcomes(batch)}`
  let statement = statements.get(parts)
  if (statement === undefined) {
    statement = build(hasEvents(batch), hasOutcomes(batch))
    statements.set(parts, statement)
  }
  return statement
}

/**
 * @param commit its number among the node's
 * @param due channel and payload of what tells other nodes that deliveries wait
 */
export function commitValues(
  batch: CommitBatch,
  commit: number,
  due: readonly [string, string],
): (string | number | Column)[] {
  return [
    batch.node,
    commit,
    ...(hasEvents(batch) ? [...eventColumns(batch.events), ...birthColumns(batch.events), ...due] : []),
    ...(hasOutcomes(batch) ? [...moveColumns(batch.moves), ...summaryColumns(batch.summaries)] : []),
  ]
}

function hasEvents({ events }: CommitBatch): boolean {
  return events.length > 0
}

function hasOutcomes({ moves, summaries }: CommitBatch): boolean {
  return moves.length + summaries.length > 0
}

function build(events: boolean, outcomes: boolean): string {
  let last = 2
  const unnest = (...types: string[]): string => `unnest(${types.map((type) => `$${++last}::${type}[]`).join(', ')})`
  const parts = [
    // A commit that was given up may still arrive: by then its number was taken away.
    `me AS (UPDATE nodes SET commits = $2, heartbeat_at = clock_timestamp()
       WHERE incarnation = $1 AND dead_at IS NULL AND commits < $2 RETURNING slot)`,
  ]
  const dues: string[] = []
  const answer = ['EXISTS (SELECT FROM me) AS alive']
  if (events) {
    parts.push(
      // Only what was matched with the endpoints as they are now, in the order of the batch: of two of one id the first
      // one counts.
      `given AS MATERIALIZED (
         SELECT nextval('event_seqs') AS seq, g.* FROM (SELECT g.* FROM me,
           ${unnest('text', 'text', 'text', 'text', 'text', 'bigint', 'bigint', 'int', 'bigint')}
             WITH ORDINALITY AS g(tenant, id, type, data, attributes, occurred_at, accepted_at, deliveries, version, place)
           JOIN tenants t ON t.id = g.tenant AND t.version = g.version AND t.id = ANY($3::text[]) ORDER BY g.place) g)`,
      `stored AS (
         INSERT INTO events (seq, tenant, id, type, data, attributes, occurred_at, accepted_at, deliveries)
         SELECT seq, tenant, id, type, data, attributes, occurred_at, accepted_at, deliveries FROM given
         ON CONFLICT (id, tenant) DO NOTHING RETURNING seq)`,
      `born AS (
         INSERT INTO deliveries (id, event, endpoint, status, due_at, node)
         SELECT b.id, g.seq, b.endpoint, 0, g.accepted_at, CASE WHEN b.leased THEN $1 ELSE 0 END
         FROM ${unnest('uuid', 'bigint', 'boolean', 'bigint')} AS b(id, endpoint, leased, place)
           JOIN given g USING (place)
         WHERE (g.seq IN (SELECT seq FROM stored)) IS TRUE
         RETURNING endpoint, due_at, node)`,
    )
    dues.push('SELECT endpoint, due_at, false, NULL FROM born WHERE node = 0')
    answer.push(
      `CASE WHEN (SELECT count(*) FROM stored) < cardinality($3::text[])
         THEN ARRAY(SELECT generate_series(1, cardinality($3::text[]))
           EXCEPT SELECT place::int FROM given WHERE (seq IN (SELECT seq FROM stored)) IS TRUE) END AS refused`,
      `(SELECT pg_notify($${++last}, $${++last}) FROM born WHERE node = 0 LIMIT 1)`,
    )
  } else answer.push('NULL AS refused')
  if (outcomes) {
    parts.push(
      `moves AS MATERIALIZED (
         SELECT m.* FROM me, ${unnest('uuid', 'smallint', 'int', 'bigint', 'text', 'bigint')}
           WITH ORDINALITY AS m(id, status, attempts, due_at, reason, ended_at, place))`,
      // Fencing: a node moves only what it holds, and once.
      `moved AS (
         UPDATE deliveries d SET status = m.status, attempts = coalesce(m.attempts, d.attempts), due_at = m.due_at,
           node = 0, reason = m.reason, ended_at = m.ended_at
         FROM (SELECT DISTINCT ON (id) * FROM moves ORDER BY id, place) m
         WHERE d.id = m.id AND d.id = ANY(ARRAY(SELECT id FROM moves)) AND d.node = $1
         RETURNING m.place, d.endpoint, d.due_at)`,
      `tried AS (
         INSERT INTO attempts (delivery, number, started_at, duration_ms, kind, status, detail, response, exchange)
         SELECT a.delivery, a.number, a.started_at, a.duration_ms, a.kind, a.status, a.detail, a.response, a.exchange
         FROM ${unnest('bigint', 'uuid', 'int', 'bigint', 'int', 'text', 'int', 'text', 'text', 'text')}
           AS a(place, delivery, number, started_at, duration_ms, kind, status, detail, response, exchange)
           JOIN moved USING (place))`,
      `summaries AS MATERIALIZED (
         SELECT f.* FROM me, ${unnest('bigint', 'bigint', 'bigint', 'boolean', 'boolean', 'text', 'text')}
           AS f(endpoint, attempts, last_attempt_at, last_attempt_succeeded, changed, health, expected_health))`,
      `counted AS (
         INSERT INTO endpoint_attempts AS c (endpoint, slot, attempts, last_attempt_at, last_attempt_succeeded)
         SELECT f.endpoint, me.slot, f.attempts, f.last_attempt_at, f.last_attempt_succeeded FROM summaries f, me
         ON CONFLICT (endpoint, slot) DO UPDATE SET attempts = c.attempts + excluded.attempts,
           last_attempt_at = excluded.last_attempt_at, last_attempt_succeeded = excluded.last_attempt_succeeded)`,
    )
    dues.push(
      'SELECT endpoint, due_at, false, NULL FROM moved WHERE due_at IS NOT NULL',
      'SELECT endpoint, NULL, true, health FROM summaries WHERE changed',
    )
    answer.push(
      `CASE WHEN (SELECT count(*) FROM moved) < (SELECT count(*) FROM moves)
         THEN ARRAY(SELECT id FROM moves WHERE place NOT IN (SELECT place FROM moved) ORDER BY place) END AS fenced`,
      `(SELECT json_agg(json_build_object('tenant', p.tenant, 'endpoint', f.endpoint, 'expectedHealth', f.expected_health, 'health', s.health))
        FROM summaries f JOIN endpoint_status s USING (endpoint) JOIN endpoints p ON p.key = f.endpoint
        WHERE NOT f.changed AND s.health IS DISTINCT FROM f.expected_health
          AND s.endpoint = ANY(ARRAY(SELECT endpoint FROM summaries)) AND p.key = ANY(ARRAY(SELECT endpoint FROM summaries))) AS "remoteHealth"`,
    )
  } else answer.push('NULL AS fenced', 'NULL AS "remoteHealth"')
  parts.push(
    `news AS MATERIALIZED (
       SELECT endpoint, min(due_at) AS due_at, bool_or(changed) AS changed, min(health) AS health
       FROM (${dues.join(' UNION ALL ')}) AS n(endpoint, due_at, changed, health) GROUP BY endpoint)`,
    // In one order, so that two nodes with news of the same endpoints do not wait for each other in a circle.
    `locked AS MATERIALIZED (
       SELECT endpoint FROM endpoint_status WHERE endpoint = ANY(ARRAY(SELECT endpoint FROM news))
       ORDER BY endpoint FOR NO KEY UPDATE)`,
    `status AS (
       UPDATE endpoint_status s SET next_due_at = least(s.next_due_at, n.due_at),
         sweep = s.sweep OR (n.due_at IS NOT NULL AND ${isOff}),
         health = CASE WHEN n.changed THEN n.health ELSE s.health END
       FROM news n WHERE s.endpoint = n.endpoint AND s.endpoint = ANY(ARRAY(SELECT endpoint FROM locked)))`,
  )
  return `WITH ${parts.join(',\n')}\nSELECT ${answer.join(',\n')}`
}

function eventColumns(news: readonly NewEvent[]): Column[] {
  return [
    news.map(({ event }) => event.tenant),
    news.map(({ event }) => event.id),
    news.map(({ event }) => event.type),
    news.map(({ event }) => event.data),
    news.map(({ event }) => attributesText(event)),
    news.map(({ event }) => event.occurredAt),
    news.map(({ event }) => event.acceptedAt),
    news.map(({ deliveries }) => deliveries.length),
    news.map(({ version }) => version),
  ]
}

function birthColumns(news: readonly NewEvent[]): Column[] {
  const [ids, endpoints, leased, places]: [Column, Column, Column, Column] = [[], [], [], []]
  for (const [index, { deliveries }] of news.entries()) {
    for (const delivery of deliveries) {
      ids.push(delivery.id)
      endpoints.push(delivery.endpoint)
      leased.push(delivery.leased)
      places.push(index + 1)
    }
  }
  return [ids, endpoints, leased, places]
}

function moveColumns(moves: readonly RecordedMove[]): Column[] {
  const ended = ({ move, at }: RecordedMove): number | null => (move.to === 'waiting' ? null : at)
  const tried = moves.flatMap(({ delivery, attempt }, index) =>
    attempt === null ? [] : [{ place: index + 1, delivery, attempt, ...outcomeColumns(attempt.outcome) }],
  )
  return [
    moves.map(({ delivery }) => delivery),
    moves.map(({ move }) => statusCode[move.to === 'waiting' ? 'pending' : move.to]),
    moves.map(({ attempt }) => attempt?.number ?? null),
    moves.map(({ move }) => (move.to === 'waiting' ? move.dueAt : null)),
    moves.map(({ move }) => ('reason' in move ? move.reason : null)),
    moves.map(ended),
    tried.map(({ place }) => place),
    tried.map(({ delivery }) => delivery),
    tried.map(({ attempt }) => attempt.number),
    tried.map(({ attempt }) => attempt.startedAt),
    tried.map(({ attempt }) => attempt.durationMs),
    tried.map(({ attempt }) => attempt.outcome.kind),
    tried.map(({ status }) => status),
    tried.map(({ detail }) => withoutNul(detail)),
    tried.map(({ attempt }) => withoutNul(attempt.response)),
    tried.map(({ attempt }) => (attempt.exchange === undefined ? null : JSON.stringify(attempt.exchange))),
  ]
}

function summaryColumns(summaries: readonly AttemptSummary[]): Column[] {
  return [
    summaries.map(({ endpoint }) => endpoint),
    summaries.map(({ attempts }) => attempts),
    summaries.map(({ lastAttemptAt }) => lastAttemptAt),
    summaries.map(({ lastAttemptSucceeded }) => lastAttemptSucceeded),
    summaries.map(({ health }) => health !== undefined),
    summaries.map(({ health }) => health ?? null),
    summaries.map(({ expectedHealth }) => expectedHealth),
  ]
}
