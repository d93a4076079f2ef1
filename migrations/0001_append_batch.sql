-- Appends many commands' events in one transaction, where one command's conflict fails only that command.
--
-- commands:   [{n: ordinal from 0, s: stream, v: expected version, e: number of events,
--             k?: idempotency key, f?: fingerprint, a?: answer to keep under the key}]
-- new_events: [{n: ordinal of its command, s: stream, v: version, l: lane, t: type, c: schema version,
--             at: time, m: metadata, d: data}], in order
-- Answers one number a command, in order: 0 appended, 1 conflict, 2 key taken.
--
-- No two commands may share a stream or a key; the batcher sees to that. A command's first event decides:
-- versions have no gaps (an append past the end of its stream is a conflict too), so whoever holds version
-- v + 1 also holds what follows it.
create function append_batch(commands json, new_events json) returns smallint[]
language plpgsql as $$
declare
  outcomes smallint[] := array_fill(0::smallint, array[json_array_length(commands)]);
  keyed boolean;
  lost integer[];
begin
  select coalesce(bool_or(command ->> 'k' is not null), false) into keyed from json_array_elements(commands) as command;

  -- Keys are taken in one order, so that two batches wait for each other instead of deadlocking.
  if keyed then
    with given as (
      select n, k, f, a from json_to_recordset(commands) as given(n integer, k text, f text, a json)
      where k is not null
    ), taken as (
      insert into stored_answers (key, fingerprint, answer)
      select k, f, a from given order by k
      on conflict (key) do nothing returning key
    )
    select array_agg(n) into lost from given where not exists (select from taken where taken.key = given.k);
    if lost is not null then
      for i in 1 .. cardinality(lost) loop
        outcomes[lost[i] + 1] := 2;
      end loop;
    end if;
  end if;

  with given as materialized (
    select * from json_to_recordset(new_events)
      as given(n integer, s text, v integer, l smallint, t text, c smallint, at timestamptz, m json, d json)
    where lost is null or n <> all (lost)
  ), first as (
    select s, min(v) as v from given group by s
  ), won as (
    insert into events (stream, version, type, schema_version, at, metadata, data)
    select s, v, t, c, at, m, d from given natural join first
    where v = 1 or exists (select from events as before where before.stream = s and before.version = v - 1)
    order by s
    on conflict (stream, version) do nothing returning stream
  ), followed as (
    insert into events (stream, version, type, schema_version, at, metadata, data)
    select s, v, t, c, at, m, d from given
    where exists (select from won where won.stream = s)
      and not exists (select from first where first.s = given.s and first.v = given.v)
    order by n, v
  ), boxed as (
    insert into outbox (lane, records, messages)
    select l, count(*), string_agg(
      concat_ws(E'\t', s, v, t, c, to_char(at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
        || E'\n' || m::text || E'\n' || d::text, E'\n' order by n, v)
    from given where exists (select from won where won.stream = s)
    group by l
  )
  select array_agg(distinct n) into lost from given where not exists (select from won where won.stream = s);

  if lost is not null then
    for i in 1 .. cardinality(lost) loop
      outcomes[lost[i] + 1] := 1;
    end loop;
    -- A command that appended nothing keeps no answer either: its retry is decided anew.
    if keyed then
      delete from stored_answers where key in (
        select k from json_to_recordset(commands) as given(n integer, k text) where n = any (lost) and k is not null);
    end if;
  end if;

  if json_array_length(new_events) > 0 then
    perform pg_notify('millrace_outbox', '');
  end if;
  return outcomes;
end $$;
