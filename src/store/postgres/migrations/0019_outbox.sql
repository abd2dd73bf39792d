-- Events that callers publish in their own transactions (docs/transactions.md). A node moves them to `events`. Each row is
-- updated once, by its claim, so half of each page is left free.
CREATE TABLE outbox (
  key            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- The label of the tenant.
  tenant         text COLLATE "C" NOT NULL,
  type           text NOT NULL,
  data           text NOT NULL,
  -- Null: the dialect makes an id when the event is accepted.
  id             text COLLATE "C",
  -- Null: `written_at`.
  occurred_at    bigint,
  attributes     text,
  retain_seconds bigint,
  written_at     bigint NOT NULL,
  -- The node that accepts the event now, if it is alive; 0: none.
  node           bigint NOT NULL DEFAULT 0,
  -- Why the event cannot be accepted. It is set aside: no node tries again.
  problem        text
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
CREATE INDEX outbox_waiting ON outbox (tenant, key) WHERE problem IS NULL;
CREATE INDEX outbox_set_aside ON outbox (written_at) WHERE problem IS NOT NULL;
CREATE INDEX outbox_set_aside_of_tenant ON outbox (tenant) WHERE problem IS NOT NULL;

-- At most one row: until when a node looks at the outbox by itself.
CREATE TABLE outbox_watch (
  id         smallint PRIMARY KEY DEFAULT 1 CHECK (id = 1),
  watched_to timestamptz NOT NULL
) WITH (fillfactor = 50);

-- Notifies the nodes, unless one of them looks by itself: PostgreSQL commits transactions that notify one after the other. It
-- runs at the commit, because a transaction may last longer than the node looks.
CREATE FUNCTION outbox_notify() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $function$
BEGIN
  IF NOT EXISTS (SELECT FROM outbox_watch WHERE watched_to > clock_timestamp()) THEN
    PERFORM pg_notify('posthorn_' || current_schema(), '{"kind":"outbox","from":"","id":0}');
  END IF;
  RETURN NULL;
END
$function$;
CREATE CONSTRAINT TRIGGER outbox_notify AFTER INSERT ON outbox
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION outbox_notify();

-- Publishes an event in the caller's transaction. Returns its id; null: it gets one when it is accepted. `data` is JSON of
-- any type (text, json, jsonb): the type anycompatible takes them all, and a literal without a type. The bounds are those of
-- the operator API (src/domain/limits.ts). Errors: 23503 there is no such tenant; 54000 data is too large or nested too
-- deeply; 22P02 data is not JSON; 22023 another argument is wrong.
CREATE FUNCTION posthorn_publish(
  tenant text,
  type text,
  data anycompatible,
  id text DEFAULT NULL,
  occurred_at timestamptz DEFAULT NULL,
  attributes jsonb DEFAULT NULL,
  retain_seconds bigint DEFAULT NULL
) RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS $function$
#variable_conflict use_column
DECLARE
  label text;
  content text := posthorn_publish.data::text;
  brackets text;
BEGIN
  SELECT t.label INTO label FROM tenants t WHERE t.id = posthorn_publish.tenant COLLATE "C";
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no tenant %', posthorn_publish.tenant USING ERRCODE = 'foreign_key_violation';
  END IF;
  IF (char_length(posthorn_publish.type) BETWEEN 1 AND 128) IS NOT TRUE
    OR posthorn_publish.type COLLATE "C" ~ '^[[:space:]]|[[:space:]]$'
  THEN
    RAISE EXCEPTION 'type must have 1 to 128 characters, and no blank at its beginning or end'
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF octet_length(content) > 1048576 THEN
    RAISE EXCEPTION 'data must have at most 1048576 bytes' USING ERRCODE = 'program_limit_exceeded';
  END IF;
  IF (json_typeof(content::json) = 'object') IS NOT TRUE THEN
    RAISE EXCEPTION 'data must be a JSON object' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  -- Each round takes the innermost brackets away.
  IF octet_length(content) - octet_length(translate(content, '{[', '')) > 128 THEN
    brackets := regexp_replace(content, $pattern$"(\\.|[^"\\])*"|[^][{}"]$pattern$, '', 'g');
    FOR depth IN 1..128 LOOP
      brackets := regexp_replace(brackets, '{}|[[][]]', '', 'g');
    END LOOP;
    IF brackets <> '' THEN
      RAISE EXCEPTION 'data must nest at most 128 levels deep' USING ERRCODE = 'program_limit_exceeded';
    END IF;
  END IF;
  IF posthorn_publish.id COLLATE "C" !~ '^[A-Za-z0-9_-]{1,64}$' THEN
    RAISE EXCEPTION 'id must have 1 to 64 letters, digits, _ or -' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF posthorn_publish.occurred_at NOT BETWEEN '0001-01-01 00:00:00Z' AND '9999-12-31 23:59:59Z' THEN
    RAISE EXCEPTION 'occurred_at must be a time of the years 1 to 9999' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF posthorn_publish.attributes IS NOT NULL AND (
    jsonb_typeof(posthorn_publish.attributes) <> 'object'
    OR (SELECT count(*) > 20 OR bool_or(jsonb_typeof(value) <> 'string' OR char_length(key) > 256
          OR char_length(value #>> '{}') > 256)
        FROM jsonb_each(CASE jsonb_typeof(posthorn_publish.attributes) WHEN 'object' THEN posthorn_publish.attributes END))
  ) THEN
    RAISE EXCEPTION 'attributes must be a JSON object of at most 20 texts; names and texts have at most 256 characters'
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF posthorn_publish.retain_seconds NOT BETWEEN 1 AND 315360000 THEN
    RAISE EXCEPTION 'retain_seconds must be 1 to 315360000' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  INSERT INTO outbox (tenant, type, data, id, occurred_at, attributes, retain_seconds, written_at)
  VALUES (
    label,
    posthorn_publish.type,
    content,
    posthorn_publish.id,
    floor(1000 * extract(epoch FROM posthorn_publish.occurred_at)),
    posthorn_publish.attributes,
    posthorn_publish.retain_seconds,
    floor(1000 * extract(epoch FROM clock_timestamp()))
  );
  RETURN posthorn_publish.id;
END
$function$;

-- The functions run with the rights of their owner. Objects of the caller, temporary ones included, must not replace ours.
DO $$
BEGIN
  EXECUTE format('ALTER FUNCTION posthorn_publish SET search_path = %I, pg_temp', current_schema());
  EXECUTE format('ALTER FUNCTION outbox_notify SET search_path = %I, pg_temp', current_schema());
END
$$;

-- Its callers may publish for every tenant, so the operator names them.
REVOKE EXECUTE ON FUNCTION posthorn_publish FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION outbox_notify FROM PUBLIC;
