WITH due AS MATERIALIZED (
  SELECT endpoint, next_due_at FROM endpoint_status WHERE next_due_at <= $1 ORDER BY next_due_at LIMIT $2
)
SELECT endpoint, tenant
FROM (
  SELECT d.endpoint, e.tenant, d.next_due_at, row_number() OVER (PARTITION BY e.tenant ORDER BY d.next_due_at) AS turn
  FROM due d
    JOIN endpoints e ON e.key = d.endpoint AND e.key = ANY(ARRAY(SELECT endpoint FROM due))
) d
ORDER BY turn, next_due_at
LIMIT $3
