-- Appends many commands' events: all of them, or none and the answer which commands stood in the way.
--
-- Events come as columns with one value an event: numbers as arrays, texts as lines. They are in order of stream and
-- version, and the answers in order of key, so that two batches wait for each other instead of deadlocking.
--   p_commands    how many commands there are
--   p_answers     [{n: ordinal of a command, k: its idempotency key, f: fingerprint, a: answer to keep}], or null
--   p_command     ordinal of the event's command, from 0
--   p_expected    version that its command was decided on
--   p_streams, p_versions, p_types, p_schema_versions, p_times, p_metadata, p_data   as the table has them
--   p_lanes, p_records, p_messages   the outbox' entries as they are stored, with form feeds between their messages
-- Answers null where everything was appended. Else nothing was, and the answer says what each command would come to, in
-- order: 0 it may be sent again, 1 conflict, 2 key taken.
--
-- No two appends may share a stream, and no two commands a key; the batcher sees to that. Commands on one stream that are
-- appended together have one p_expected, and the first event of all of them decides: versions have
-- no gaps (an append past the end of its stream is a conflict too), so the owner of version v + 1 owns what follows it.
--
-- What this transaction has inserted itself is told by xmin = pg_current_xact_id(): after "on conflict do nothing" the row
-- that is there may be another's. The function takes back its own rows instead of raising, since an error would cost the
-- caller a second round trip to learn who lost, and would fill the server's log with what is not a fault.
create or replace function append_batch(
  p_commands integer, p_answers json,
  p_command integer[], p_expected integer[], p_streams text, p_versions integer[], p_types text,
  p_schema_versions smallint[], p_times text, p_metadata text, p_data text,
  p_lanes smallint[], p_records integer[], p_messages text
) returns smallint[]
language plpgsql as $$
declare
  v_streams text[] := string_to_array(p_streams, E'\n');
  -- What the losers come to: 1 conflict, 2 key taken.
  v_lost smallint;
  v_losers integer[];
  v_outcomes smallint[];
  v_done integer;
begin
  if p_answers is not null then
    -- An array of commands under a key has answers under 0/<key>, 1/<key> and so on before it has its own: a single
    -- request under the key of an array that was broken off is another request, as it is once the array is done.
    insert into stored_answers (key, fingerprint, answer)
    select g.k, g.f, g.a from json_to_recordset(p_answers) as g(k text, f text, a json)
    where coalesce((select member.fingerprint from stored_answers as member where member.key = '0/' || g.k), g.f) = g.f
    on conflict (key) do nothing;
    get diagnostics v_done = row_count;
    if v_done < json_array_length(p_answers) then
      v_lost := 2;
      select array_agg(g.n) into v_losers from json_to_recordset(p_answers) as g(n integer, k text)
      where not exists (
        select from stored_answers as own where own.key = g.k and own.xmin = pg_current_xact_id()::xid);
    end if;
  end if;

  if v_lost is null then
    insert into events (stream, version, type, schema_version, at, metadata, data)
    select g.stream, g.version, g.type, g.schema_version, g.at::timestamptz, g.metadata::json, g.data::json
    from unnest(
      p_expected, v_streams, p_versions, string_to_array(p_types, E'\n'), p_schema_versions,
      string_to_array(p_times, E'\n'), string_to_array(p_metadata, E'\n'), string_to_array(p_data, E'\n')
    ) as g(expected, stream, version, type, schema_version, at, metadata, data)
    where g.expected = 0 or g.version > g.expected + 1
      or exists (select from events as before where before.stream = g.stream and before.version = g.expected)
    on conflict (stream, version) do nothing;
    get diagnostics v_done = row_count;
    if v_done = cardinality(v_streams) then
      insert into outbox (lane, records, messages)
      select g.lane, g.records, g.messages
      from unnest(p_lanes, p_records, string_to_array(p_messages, E'\f')) as g(lane, records, messages);
      return null;
    end if;
    v_lost := 1;
    select array_agg(g.n) into v_losers
    from unnest(p_command, p_expected, v_streams, p_versions) as g(n, expected, stream, version)
    where g.version = g.expected + 1 and not exists (
      select from events as own
      where own.stream = g.stream and own.version = g.version and own.xmin = pg_current_xact_id()::xid);
    perform take_back_events(v_streams, p_versions);
  end if;

  if p_answers is not null then
    delete from stored_answers as own using json_to_recordset(p_answers) as g(k text)
    where own.key = g.k and own.xmin = pg_current_xact_id()::xid;
  end if;
  v_outcomes := array_fill(0::smallint, array[p_commands]);
  for i in 1 .. cardinality(v_losers) loop
    v_outcomes[v_losers[i] + 1] := v_lost;
  end loop;
  return v_outcomes;
end $$;
