-- An array of commands under an idempotency key has answers under 0/<key>, 1/<key> and so on before it has its own. A
-- single request under the key of an array that was broken off is another request, as it is once the array is done.
create or replace function append_batch(
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
    where coalesce((select member.fingerprint from stored_answers as member where member.key = '0/' || k), f) = f
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
end $$;
