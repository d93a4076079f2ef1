-- Takes back what this transaction has appended itself, and nothing that any other has: see append_batch. It runs as the
-- owner of the schema, since events can't be deleted by any app. Whoever may call it can undo no more than a rollback can.
create or replace function take_back_events(p_streams text[], p_versions integer[]) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  delete from public.events as own using unnest(p_streams, p_versions) as g(stream, version)
  where own.stream = g.stream and own.version = g.version and own.xmin = pg_current_xact_id()::xid;
$$;
