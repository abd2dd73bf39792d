WITH
me AS (
  UPDATE nodes SET commits = $2, heartbeat_at = clock_timestamp()
  WHERE incarnation = $1 AND dead_at IS NULL AND commits < $2 AND commits >= $3
  RETURNING slot
),
held AS MATERIALIZED (
  SELECT key, o.tenant AS label, p.place
  FROM outbox o
    JOIN unnest($15::bigint[], $16::bigint[]) AS p(key, place) USING (key)
  WHERE key = ANY($15::bigint[]) AND o.node = $1
  FOR UPDATE OF o
),
given AS MATERIALIZED (
  SELECT nextval('event_seqs') AS seq, g.*
  FROM (
    SELECT g.*, t.label
    FROM me,
      unnest(
        $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
        $9::bigint[], $10::bigint[], $11::int[], $12::bigint[], $13::bigint[]
      )
      WITH ORDINALITY
      AS g(tenant, id, type, data, attributes, occurred_at, accepted_at, deliveries, erase_at, version, place)
      JOIN tenants t ON t.id = g.tenant AND t.version = g.version AND t.id = ANY($4::text[]) AND (g.place <> ALL($16::bigint[]) OR (g.place, t.label) IN (SELECT place, label FROM held))
    ORDER BY g.place
  ) g
),
stored AS (
  INSERT INTO events (seq, tenant, id, type, data, attributes, occurred_at, accepted_at, deliveries, erase_at, test)
  SELECT seq, label, id, type, data, attributes, occurred_at, accepted_at, deliveries, erase_at, place = ANY($14::int[])
  FROM given
  ON CONFLICT (id, tenant) DO NOTHING
  RETURNING seq, tenant, type
),
born AS (
  INSERT INTO deliveries (id, event, endpoint, status, due_at, node)
  SELECT b.id, g.seq, b.endpoint, 0, g.accepted_at, CASE WHEN b.leased THEN $1 ELSE 0 END
  FROM unnest($17::uuid[], $18::bigint[], $19::boolean[], $20::bigint[]) AS b(id, endpoint, leased, place)
    JOIN given g USING (place)
  WHERE (g.seq IN (SELECT seq FROM stored)) IS TRUE
  RETURNING endpoint, due_at, node
),
emptied AS (
  DELETE FROM outbox
  WHERE key = ANY(ARRAY(SELECT key FROM held JOIN given USING (place) WHERE (seq IN (SELECT seq FROM stored)) IS TRUE))
),
moves AS MATERIALIZED (
  SELECT m.*
  FROM me,
    unnest(
      $23::uuid[], $24::smallint[], $25::int[], $26::bigint[],
      $27::text[], $28::bigint[], $29::int[]
    )
    WITH ORDINALITY AS m(id, status, attempts, due_at, reason, ended_at, cell, place)
),
moved AS (
  UPDATE deliveries d SET
    status = m.status,
    attempts = coalesce(m.attempts, d.attempts),
    due_at = m.due_at,
    node = 0,
    reason = m.reason,
    ended_at = m.ended_at
  FROM (SELECT DISTINCT ON (id) * FROM moves ORDER BY id, place) m
  WHERE d.id = m.id AND d.id = ANY(ARRAY(SELECT id FROM moves)) AND d.node = $1
  RETURNING m.place, m.cell, d.endpoint, d.due_at
),
tried AS (
  INSERT INTO attempts
    (delivery, number, started_at, duration_ms, kind, status, detail, response, exchange, connections, request_crc, phases)
  SELECT a.delivery, a.number, a.started_at, a.duration_ms, a.kind, a.status, a.detail, a.response, a.exchange, a.connections,
    a.request_crc, a.phases
  FROM
    unnest(
      $30::bigint[], $31::uuid[], $32::int[], $33::bigint[], $34::int[], $35::text[], $36::int[],
      $37::text[], $38::text[], $39::text[], $40::int[], $41::int[], $42::text[]
    )
    AS a(place, delivery, number, started_at, duration_ms, kind, status, detail, response, exchange, connections,
      request_crc, phases)
    JOIN moved USING (place)
),
summaries AS MATERIALIZED (
  SELECT f.*
  FROM me,
    unnest(
      $43::bigint[], $44::bigint[], $45::bigint[], $46::boolean[], $47::text[],
      $48::boolean[], $49::text[], $50::text[], $51::boolean[], $52::bigint[]
    )
    AS f(endpoint, attempts, last_attempt_at, last_attempt_succeeded, last_outcome,
      changed, health, expected_health, pauses, paused_until)
),
counted AS (
  INSERT INTO endpoint_attempts AS c (endpoint, slot, attempts, last_attempt_at, last_attempt_succeeded, last_outcome)
  SELECT f.endpoint, me.slot, f.attempts, f.last_attempt_at, f.last_attempt_succeeded, f.last_outcome
  FROM summaries f, me
  ON CONFLICT (endpoint, slot) DO UPDATE SET
    attempts = c.attempts + excluded.attempts,
    last_attempt_at = excluded.last_attempt_at,
    last_attempt_succeeded = excluded.last_attempt_succeeded,
    last_outcome = excluded.last_outcome
),
counts AS (
  INSERT INTO stats_commits (minute, cells, events)
  SELECT * FROM (VALUES ($53::bigint, (SELECT json_agg(endpoint * 2048 + cell)::text FROM moved), (
    SELECT json_agg(json_build_array(tenant, type, count))::text
    FROM (SELECT tenant, type, count(*) FROM stored GROUP BY tenant, type) s
  ))) AS c(minute, cells, events)
  WHERE c.cells IS NOT NULL OR c.events IS NOT NULL
),
news AS MATERIALIZED (
  SELECT
    endpoint,
    min(due_at) AS due_at,
    bool_or(changed) AS changed,
    min(health) AS health,
    bool_or(pauses) AS pauses,
    min(paused_until) AS paused_until
  FROM (
    SELECT endpoint, due_at, false, NULL, false, NULL::bigint FROM born WHERE node = 0
    UNION ALL
    SELECT endpoint, due_at, false, NULL, false, NULL::bigint FROM moved WHERE due_at IS NOT NULL
    UNION ALL
    SELECT endpoint, NULL, changed, health, pauses, paused_until FROM summaries WHERE changed OR pauses
  ) AS n(endpoint, due_at, changed, health, pauses, paused_until)
  GROUP BY endpoint
),
locked AS MATERIALIZED (
  SELECT endpoint FROM endpoint_status
  WHERE endpoint = ANY(ARRAY(SELECT endpoint FROM news))
  ORDER BY endpoint
  FOR NO KEY UPDATE
),
status AS (
  UPDATE endpoint_status s SET
    next_due_at = CASE WHEN n.due_at IS NULL THEN s.next_due_at ELSE
      least(s.next_due_at, greatest(n.due_at, CASE WHEN n.pauses THEN n.paused_until ELSE s.paused_until END))
    END,
    paused_until = CASE WHEN n.pauses THEN n.paused_until ELSE s.paused_until END,
    sweep = s.sweep OR (
      n.due_at IS NOT NULL
      AND (SELECT true FROM endpoints p WHERE p.key = s.endpoint AND p.enabled AND p.deleted_at IS NULL) IS NULL
    ),
    health = CASE WHEN n.changed THEN n.health ELSE s.health END
  FROM news n
  WHERE s.endpoint = n.endpoint AND s.endpoint = ANY(ARRAY(SELECT endpoint FROM locked))
)
SELECT
  EXISTS (SELECT FROM me) AS alive,
  CASE WHEN (SELECT count(*) FROM stored) < cardinality($4::text[]) THEN ARRAY(
    SELECT generate_series(1, cardinality($4::text[]))
    EXCEPT
    SELECT place::int FROM given WHERE (seq IN (SELECT seq FROM stored)) IS TRUE
  ) END AS refused,
  (SELECT pg_notify($21, $22) FROM born WHERE node = 0 LIMIT 1),
  CASE WHEN (SELECT count(*) FROM moved) < (SELECT count(*) FROM moves) THEN ARRAY(
    SELECT id FROM moves WHERE place NOT IN (SELECT place FROM moved) ORDER BY place
  ) END AS fenced,
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
  ) AS "remoteHealth"
