// Builds the statement of a commit from the parts that a batch needs. The rows of a batch are passed as arrays, one for
// each column (commit-columns.ts). The folder `rendered` has the complete statements.
//
// Where a table is joined with such rows, its key is also compared with `ANY(ARRAY(…))`, here and in the other files of
// this folder. The planner then reads these rows by their keys, however it joins. Otherwise a plan that was made while
// the table was empty might read a whole index, which cost nothing at that time.

import { cellsMax, stepMs } from '../../domain/statistics.ts'
import type { CommitBatch } from '../../contracts/commit-store.ts'
import {
  birthColumns,
  type Column,
  eventColumns,
  moveColumns,
  outboxColumns,
  summaryColumns,
} from './commit-columns.ts'
import { sql } from './sql-text.ts'
import { isOff } from './upkeep.ts'

/** The statements, by the parts of a batch. Each connection prepares a statement once. */
export const commitStatements = {
  events: render({ events: true, outcomes: false }),
  outcomes: render({ events: false, outcomes: true }),
  both: render({ events: true, outcomes: true }),
  /** Events of the outbox are among the events. */
  outbox: render({ events: true, outcomes: true, outbox: true }),
}

/** @param batch not empty */
export function commitStatement(batch: CommitBatch): string {
  if (hasOutbox(batch)) return commitStatements.outbox
  if (!hasEvents(batch)) return commitStatements.outcomes
  return hasOutcomes(batch) ? commitStatements.both : commitStatements.events
}

/**
 * @param commit the number of the commit
 * @param confirmed the number of the last commit of the same incarnation that was confirmed; 0: none
 * @param due channel and payload of the notification that deliveries wait
 */
export function commitValues(
  batch: CommitBatch,
  commit: number,
  confirmed: number,
  due: readonly [string, string],
): (string | number)[] {
  const columns = (all: readonly Column[]): string[] => all.map(arrayText)
  return [
    batch.node,
    commit,
    confirmed,
    ...(hasEvents(batch) ? columns(eventColumns(batch.events)) : []),
    ...(hasOutbox(batch) ? columns(outboxColumns(batch.events)) : []),
    ...(hasEvents(batch) ? [...columns(birthColumns(batch.events)), ...due] : []),
    ...(hasOutcomes(batch) || hasOutbox(batch)
      ? [...columns(moveColumns(batch.moves)), ...columns(summaryColumns(batch.summaries))]
      : []),
    batch.now - (batch.now % stepMs.minute),
  ]
}

/** The array literal of a column. The driver would look for quotes in each number too. */
function arrayText(column: Column): string {
  return `{${column.map(elementText).join(',')}}`
}

function elementText(value: Column[number]): string {
  if (value === null) return 'NULL'
  if (typeof value !== 'string') return String(value)
  // Two plain replacements take half the time of one with a class of characters.
  const text = /["\\]/.test(value) ? value.replaceAll(/\\/g, '\\\\').replaceAll(/"/g, '\\"') : value
  return `"${text}"`
}

function hasEvents({ events }: CommitBatch): boolean {
  return events.length > 0
}

function hasOutbox({ events }: CommitBatch): boolean {
  return events.some(({ outbox }) => outbox !== undefined)
}

function hasOutcomes({ moves, summaries }: CommitBatch): boolean {
  return moves.length + summaries.length > 0
}

/** Numbers the parameters in the order of the values that `commitValues` returns. */
interface Parameters {
  readonly next: () => string
  /** One parameter for each column, with its type. */
  readonly unnest: (...types: string[]) => string
}

function parametersAfter(first: number): Parameters {
  let last = first
  const next = (): string => `$${++last}`
  const unnest = (...types: string[]): string => {
    const arrays = types.map((type) => `${next()}::${type}[]`)
    if (arrays.length <= 6) return `unnest(${arrays.join(', ')})`
    const half = Math.ceil(arrays.length / 2)
    const lines = [arrays.slice(0, half), arrays.slice(half)].map((line) => line.join(', '))
    return `unnest(\n  ${lines.join(',\n  ')}\n)`
  }
  return { next, unnest }
}

/** A part of the statement. */
interface Part {
  readonly queries: readonly string[]
  /** Selects the news of endpoints: endpoint, due_at, changed, health, pauses, paused_until. */
  readonly news: readonly string[]
  /** Columns of the answer. */
  readonly answer: readonly string[]
}

function render(has: { readonly events: boolean; readonly outcomes: boolean; readonly outbox?: true }): string {
  // $1 is the node, $2 the number of the commit, $3 the number of the last commit that was confirmed.
  const parameters = parametersAfter(3)
  const events: Part = has.events
    ? eventPart(parameters, has.outbox)
    : { queries: [], news: [], answer: ['NULL AS refused'] }
  const outcomes: Part = has.outcomes
    ? outcomePart(parameters)
    : { queries: [], news: [], answer: ['NULL AS fenced', 'NULL AS "remoteHealth"'] }
  const queries = [
    // A commit that the node has given up may still arrive: by then its number has been taken away. After a failover the
    // database may have lost confirmed commits: then the deliveries that the node holds are not those that it knows of.
    query('me AS')`
      UPDATE nodes SET commits = $2, heartbeat_at = clock_timestamp()
      WHERE incarnation = $1 AND dead_at IS NULL AND commits < $2 AND commits >= $3
      RETURNING slot`,
    ...events.queries,
    ...outcomes.queries,
    countsQuery(has, parameters),
    query('news AS MATERIALIZED')`
      SELECT
        endpoint,
        min(due_at) AS due_at,
        bool_or(changed) AS changed,
        min(health) AS health,
        bool_or(pauses) AS pauses,
        min(paused_until) AS paused_until
      FROM (
        ${[...events.news, ...outcomes.news].join('\nUNION ALL\n')}
      ) AS n(endpoint, due_at, changed, health, pauses, paused_until)
      GROUP BY endpoint`,
    // In one order, so that two nodes with news of the same endpoints do not deadlock.
    query('locked AS MATERIALIZED')`
      SELECT endpoint FROM endpoint_status
      WHERE endpoint = ANY(ARRAY(SELECT endpoint FROM news))
      ORDER BY endpoint
      FOR NO KEY UPDATE`,
    query('status AS')`
      UPDATE endpoint_status s SET
        next_due_at = CASE WHEN n.due_at IS NULL THEN s.next_due_at ELSE
          least(s.next_due_at, greatest(n.due_at, CASE WHEN n.pauses THEN n.paused_until ELSE s.paused_until END))
        END,
        paused_until = CASE WHEN n.pauses THEN n.paused_until ELSE s.paused_until END,
        sweep = s.sweep OR (
          n.due_at IS NOT NULL
          AND ${isOff}
        ),
        health = CASE WHEN n.changed THEN n.health ELSE s.health END
      FROM news n
      WHERE s.endpoint = n.endpoint AND s.endpoint = ANY(ARRAY(SELECT endpoint FROM locked))`,
  ]
  const answer = ['EXISTS (SELECT FROM me) AS alive', ...events.answer, ...outcomes.answer]
  return sql`
    WITH
    ${queries.join(',\n')}
    SELECT
      ${answer.join(',\n')}`
}

/** Stores what the commit counts: the events that were stored and the moves that were not fenced (stats-tally.ts). */
function countsQuery(has: { readonly events: boolean; readonly outcomes: boolean }, { next }: Parameters): string {
  const cells = has.outcomes ? `(SELECT json_agg(endpoint * ${cellsMax} + cell)::text FROM moved)` : 'NULL'
  const events = has.events
    ? sql`
      (
        SELECT json_agg(json_build_array(tenant, type, count))::text
        FROM (SELECT tenant, type, count(*) FROM stored GROUP BY tenant, type) s
      )`
    : 'NULL'
  return query('counts AS')`
      INSERT INTO stats_commits (minute, cells, events)
      SELECT * FROM (VALUES (${next()}::bigint, ${cells}, ${events})) AS c(minute, cells, events)
      WHERE c.cells IS NOT NULL OR c.events IS NOT NULL`
}

/** Stores the events and their deliveries. */
function eventPart({ next, unnest }: Parameters, outbox = false): Part {
  const rows = unnest('text', 'text', 'text', 'text', 'text', 'bigint', 'bigint', 'int', 'bigint', 'bigint')
  const tests = next()
  const published = outbox ? outboxPart(next(), next()) : { held: [], isHeld: '', emptied: [] }
  const queries = [
    ...published.held,
    // Only events that were matched with the endpoints as they are now. In the order of the batch, so that the first of
    // two events with the same id is stored.
    query('given AS MATERIALIZED')`
      SELECT nextval('event_seqs') AS seq, g.*
      FROM (
        SELECT g.*, t.label
        FROM me,
          ${rows}
          WITH ORDINALITY
          AS g(tenant, id, type, data, attributes, occurred_at, accepted_at, deliveries, erase_at, version, place)
          JOIN tenants t ON t.id = g.tenant AND t.version = g.version AND t.id = ANY($4::text[])${published.isHeld}
        ORDER BY g.place
      ) g`,
    query('stored AS')`
      INSERT INTO events (seq, tenant, id, type, data, attributes, occurred_at, accepted_at, deliveries, erase_at, test)
      SELECT seq, label, id, type, data, attributes, occurred_at, accepted_at, deliveries, erase_at, place = ANY(${tests}::int[])
      FROM given
      ON CONFLICT (id, tenant) DO NOTHING
      RETURNING seq, tenant, type`,
    query('born AS')`
      INSERT INTO deliveries (id, event, endpoint, status, due_at, node)
      SELECT b.id, g.seq, b.endpoint, 0, g.accepted_at, CASE WHEN b.leased THEN $1 ELSE 0 END
      FROM ${unnest('uuid', 'bigint', 'boolean', 'bigint')} AS b(id, endpoint, leased, place)
        JOIN given g USING (place)
      WHERE (g.seq IN (SELECT seq FROM stored)) IS TRUE
      RETURNING endpoint, due_at, node`,
    ...published.emptied,
  ]
  const answer = [
    sql`
      CASE WHEN (SELECT count(*) FROM stored) < cardinality($4::text[]) THEN ARRAY(
        SELECT generate_series(1, cardinality($4::text[]))
        EXCEPT
        SELECT place::int FROM given WHERE (seq IN (SELECT seq FROM stored)) IS TRUE
      ) END AS refused`,
    `(SELECT pg_notify(${next()}, ${next()}) FROM born WHERE node = 0 LIMIT 1)`,
  ]
  return {
    queries,
    news: ['SELECT endpoint, due_at, false, NULL, false, NULL::bigint FROM born WHERE node = 0'],
    answer,
  }
}

/**
 * Removes the stored events of the outbox there. An event is not stored if the node does not hold it any more, or if it is of
 * a deleted tenant whose id another one has now.
 */
function outboxPart(keys: string, places: string) {
  return {
    held: [
      query('held AS MATERIALIZED')`
        SELECT key, o.tenant AS label, p.place
        FROM outbox o
          JOIN unnest(${keys}::bigint[], ${places}::bigint[]) AS p(key, place) USING (key)
        WHERE key = ANY(${keys}::bigint[]) AND o.node = $1
        FOR UPDATE OF o`,
    ],
    isHeld: ` AND (g.place <> ALL(${places}::bigint[]) OR (g.place, t.label) IN (SELECT place, label FROM held))`,
    emptied: [
      query('emptied AS')`
        DELETE FROM outbox
        WHERE key = ANY(ARRAY(SELECT key FROM held JOIN given USING (place) WHERE (seq IN (SELECT seq FROM stored)) IS TRUE))`,
    ],
  }
}

/** Records the outcomes and what they change about their endpoints. */
function outcomePart({ unnest }: Parameters): Part {
  const queries = [
    query('moves AS MATERIALIZED')`
      SELECT m.*
      FROM me,
        ${unnest('uuid', 'smallint', 'int', 'bigint', 'text', 'bigint', 'int')}
        WITH ORDINALITY AS m(id, status, attempts, due_at, reason, ended_at, cell, place)`,
    // Fencing: a node moves only deliveries that it holds, and each only once.
    query('moved AS')`
      UPDATE deliveries d SET
        status = m.status,
        attempts = coalesce(m.attempts, d.attempts),
        due_at = m.due_at,
        node = 0,
        reason = m.reason,
        ended_at = m.ended_at
      FROM (SELECT DISTINCT ON (id) * FROM moves ORDER BY id, place) m
      WHERE d.id = m.id AND d.id = ANY(ARRAY(SELECT id FROM moves)) AND d.node = $1
      RETURNING m.place, m.cell, d.endpoint, d.due_at`,
    query('tried AS')`
      INSERT INTO attempts
        (delivery, number, started_at, duration_ms, kind, status, detail, response, exchange, connections, request_crc, phases)
      SELECT a.delivery, a.number, a.started_at, a.duration_ms, a.kind, a.status, a.detail, a.response, a.exchange, a.connections,
        a.request_crc, a.phases
      FROM
        ${unnest('bigint', 'uuid', 'int', 'bigint', 'int', 'text', 'int', 'text', 'text', 'text', 'int', 'int', 'text')}
        AS a(place, delivery, number, started_at, duration_ms, kind, status, detail, response, exchange, connections,
          request_crc, phases)
        JOIN moved USING (place)`,
    query('summaries AS MATERIALIZED')`
      SELECT f.*
      FROM me,
        ${unnest('bigint', 'bigint', 'bigint', 'boolean', 'text', 'boolean', 'text', 'text', 'boolean', 'bigint')}
        AS f(endpoint, attempts, last_attempt_at, last_attempt_succeeded, last_outcome,
          changed, health, expected_health, pauses, paused_until)`,
    query('counted AS')`
      INSERT INTO endpoint_attempts AS c (endpoint, slot, attempts, last_attempt_at, last_attempt_succeeded, last_outcome)
      SELECT f.endpoint, me.slot, f.attempts, f.last_attempt_at, f.last_attempt_succeeded, f.last_outcome
      FROM summaries f, me
      ON CONFLICT (endpoint, slot) DO UPDATE SET
        attempts = c.attempts + excluded.attempts,
        last_attempt_at = excluded.last_attempt_at,
        last_attempt_succeeded = excluded.last_attempt_succeeded,
        last_outcome = excluded.last_outcome`,
  ]
  const news = [
    'SELECT endpoint, due_at, false, NULL, false, NULL::bigint FROM moved WHERE due_at IS NOT NULL',
    'SELECT endpoint, NULL, changed, health, pauses, paused_until FROM summaries WHERE changed OR pauses',
  ]
  const answer = [
    sql`
      CASE WHEN (SELECT count(*) FROM moved) < (SELECT count(*) FROM moves) THEN ARRAY(
        SELECT id FROM moves WHERE place NOT IN (SELECT place FROM moved) ORDER BY place
      ) END AS fenced`,
    sql`
      (
        SELECT json_agg(json_build_object(
          'tenant', p.tenant, 'endpoint', f.endpoint, 'expectedHealth', f.expected_health, 'health', s.health
        ))
        FROM summaries f
          JOIN endpoint_status s USING (endpoint)
          JOIN endpoints p ON p.key = f.endpoint
        WHERE NOT f.changed
          AND s.health IS DISTINCT FROM f.expected_health
          AND s.endpoint = ANY(ARRAY(SELECT endpoint FROM summaries))
          AND p.key = ANY(ARRAY(SELECT endpoint FROM summaries))
      ) AS "remoteHealth"`,
  ]
  return { queries, news, answer }
}

/** A template tag for a query of a WITH clause. */
function query(head: string): typeof sql {
  return (strings, ...values) => sql`
    ${head} (
      ${sql(strings, ...values)}
    )`
}
