WITH
me AS (
  UPDATE nodes SET commits = $2, heartbeat_at = clock_timestamp()
  WHERE incarnation = $1 AND dead_at IS NULL AND commits < $2 AND commits >= $3
  RETURNING slot
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
      JOIN tenants t ON t.id = g.tenant AND t.version = g.version AND t.id = ANY($4::text[])
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
  FROM unnest($15::uuid[], $16::bigint[], $17::boolean[], $18::bigint[]) AS b(id, endpoint, leased, place)
    JOIN given g USING (place)
  WHERE (g.seq IN (SELECT seq FROM stored)) IS TRUE
  RETURNING endpoint, due_at, node
),
counts AS (
  INSERT INTO stats_commits (minute, cells, events)
  SELECT * FROM (VALUES ($21::bigint, NULL, (
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
  (SELECT pg_notify($19, $20) FROM born WHERE node = 0 LIMIT 1),
  NULL AS fenced,
  NULL AS "remoteHealth"
