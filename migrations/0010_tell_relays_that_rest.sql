-- An entry is read once, a moment after it was written: to compress it costs more than its bytes do.
alter table outbox alter column messages set storage external, set (toast_tuple_target = 8160);--> statement-breakpoint
-- As before, but tells the relays only where one of them rests: then it shares the lock (7405118, -1), and whoever
-- tries to have it alone finds that out. A relay that is at work looks at the outbox again by itself, and once more
-- after it has begun to share the lock: so what is appended untold is found. Two who try at once may each take the
-- other for a relay, and tell in vain.
create or replace procedure append_batch_and_tell(
  commands integer, answers json,
  command integer[], expected integer[], stream text, version integer[], type text, schema_version smallint[],
  at text, metadata text, data text,
  lanes smallint[], records integer[], messages text,
  inout outcomes smallint[] default null
)
language plpgsql as $$
begin
  outcomes := append_batch(
    commands, answers, command, expected, stream, version, type, schema_version, at, metadata, data, lanes, records,
    messages);
  commit;
  if outcomes is null and cardinality(lanes) > 0 then
    if pg_try_advisory_lock(7405118, -1) then
      perform pg_advisory_unlock(7405118, -1);
    else
      perform pg_notify('millrace_outbox', '');
    end if;
  end if;
end $$;
