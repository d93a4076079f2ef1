-- Appends many commands' events in one transaction: all of them, or none and the answer which commands stood in the way.
--
-- Events come as columns, one value an event in each: numbers as arrays, texts as lines. They are in order of stream
-- and version, and the keys in order of key, so that two batches wait for each other instead of deadlocking.
--   command         ordinal of its command, from 0
--   expected        version that its command was decided on
--   stream, version, type, schema_version, at, metadata, data   as the table has them
--   answers         [{n: ordinal of a command, k: its idempotency key, f: fingerprint, a: answer to keep}], or null
--   lanes, records, messages   the outbox' entries as they are stored, with form feeds between their messages
-- Answers null where everything was appended. Else nothing was, and it answers what each of the `commands` would
-- come to, in order: 0 it may be sent again, 1 conflict, 2 key taken.
--
-- No two commands may share a stream or a key; the batcher sees to that. A command's first event decides:
-- versions have no gaps (an append past the end of its stream is a conflict too), so whoever holds version
-- v + 1 also holds what follows it.
drop function append_batch(json, json);--> statement-breakpoint
create function append_batch(
  commands integer, answers json,
  command integer[], expected integer[], stream text, version integer[], type text, schema_version smallint[],
  at text, metadata text, data text,
  lanes smallint[], records integer[], messages text
) returns smallint[]
language plpgsql as $$
#variable_conflict use_column
declare
  streams text[] := string_to_array(stream, E'\n');
  lost smallint;
  losers integer[];
  outcomes smallint[];
  done integer;
begin
  if answers is not null then
    insert into stored_answers (key, fingerprint, answer)
    select k, f, a from json_to_recordset(answers) as given(k text, f text, a json)
    on conflict (key) do nothing;
    get diagnostics done = row_count;
    if done < json_array_length(answers) then
      lost := 2;
      select array_agg(n) into losers from json_to_recordset(answers) as given(n integer, k text)
      where not exists (
        select from stored_answers as own where own.key = k and own.xmin = pg_current_xact_id()::xid);
    end if;
  end if;

  if lost is null then
    insert into events (stream, version, type, schema_version, at, metadata, data)
    select s, v, t, c, w::timestamptz, m::json, d::json
    from unnest(
      expected, streams, append_batch.version, string_to_array(append_batch.type, E'\n'), append_batch.schema_version,
      string_to_array(append_batch.at, E'\n'), string_to_array(append_batch.metadata, E'\n'),
      string_to_array(append_batch.data, E'\n')
    ) as given(e, s, v, t, c, w, m, d)
    where e = 0 or v > e + 1 or exists (select from events as before where before.stream = s and before.version = e)
    on conflict (stream, version) do nothing;
    get diagnostics done = row_count;
    if done = cardinality(streams) then
      insert into outbox (lane, records, messages)
      select l, r, m from unnest(lanes, append_batch.records, string_to_array(append_batch.messages, E'\f')) as given(l, r, m);
      return null;
    end if;
    lost := 1;
    select array_agg(n) into losers
    from unnest(command, expected, streams, append_batch.version) as given(n, e, s, v)
    where v = e + 1 and not exists (
      select from events as own where own.stream = s and own.version = v and own.xmin = pg_current_xact_id()::xid);
    delete from events as own using unnest(streams, append_batch.version) as given(s, v)
    where own.stream = s and own.version = v and own.xmin = pg_current_xact_id()::xid;
  end if;

  delete from stored_answers as own using json_to_recordset(answers) as given(k text)
  where own.key = k and own.xmin = pg_current_xact_id()::xid;
  outcomes := array_fill(0::smallint, array[commands]);
  for i in 1 .. cardinality(losers) loop
    outcomes[losers[i] + 1] := lost;
  end loop;
  return outcomes;
end $$;--> statement-breakpoint
-- The same, and tells the relays once it is committed: whoever notifies holds one lock of the whole database until its
-- commit is on the disk, so in the same transaction all commits would wait for each other.
create procedure append_batch_and_tell(
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
    perform pg_notify('millrace_outbox', '');
  end if;
end $$;
