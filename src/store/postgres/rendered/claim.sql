WITH
due AS MATERIALIZED (
  SELECT d.id, d.event, d.due_at, r.place
  FROM unnest($2::bigint[], $3::int[]) WITH ORDINALITY AS r(endpoint, room, place)
    CROSS JOIN LATERAL (
      SELECT id, event, due_at FROM deliveries
      WHERE status = 0 AND node = 0 AND endpoint = r.endpoint AND due_at <= $4
      ORDER BY due_at
      LIMIT r.room
      FOR UPDATE SKIP LOCKED
    ) d
),
sized AS MATERIALIZED (
  SELECT
    due.id,
    due.place,
    octet_length(e.data) AS bytes,
    sum(octet_length(e.data)) OVER (PARTITION BY due.place ORDER BY due.due_at, due.id) AS bytes_so_far
  FROM due
    JOIN events e ON e.seq = due.event AND e.seq = ANY(ARRAY(SELECT event FROM due))
),
fitting AS MATERIALIZED (
  SELECT id, place FROM sized WHERE bytes_so_far - bytes < $5
),
leased AS (
  UPDATE deliveries d SET node = $1
  FROM fitting f
  WHERE d.id = f.id AND d.id = ANY(ARRAY(SELECT id FROM fitting))
  RETURNING d.id AS delivery, d.endpoint, d.attempts, d.attempts_before, d.due_at, d.event, f.place
)
SELECT l.delivery, l.endpoint, l.attempts, l.attempts_before, e.tenant, e.id, e.type, e.data, e.attributes, e.occurred_at, e.accepted_at, e.erase_at, e.erased_at
FROM leased l
  JOIN events e ON e.seq = l.event AND e.seq = ANY(ARRAY(SELECT event FROM leased))
ORDER BY l.place, l.due_at
