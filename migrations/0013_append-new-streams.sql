-- Tells the relays of entries that are committed, where one of them rests: then it shares the lock (7405118, -1), and
-- whoever tries to have it alone finds that out. The notification brings the entry itself where it is the only one of
-- its append and nothing of any stream comes before it: its id, its lane and its messages, with tabs between them.
-- Postgres takes less than 8,000 bytes.
create function tell_relays(lanes smallint[], messages text, beginnings boolean) returns void
language plpgsql as $$
begin
  if pg_try_advisory_lock(7405118, -1) then
    perform pg_advisory_unlock(7405118, -1);
  elsif beginnings and cardinality(lanes) = 1 and octet_length(messages) <= 7500 then
    perform pg_notify('millrace_outbox', format(E'%s\t%s\t%s', currval('outbox_id_seq'), lanes[1], messages));
  else
    perform pg_notify('millrace_outbox', '');
  end if;
end $$;--> statement-breakpoint
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
    perform tell_relays(lanes, messages, 0 = all (expected));
  end if;
end $$;--> statement-breakpoint
-- The same for commands that begin their streams and keep no answers, as most do: there is no version before theirs to
-- look for, and no loser to find, since a stream that is there already fails all of it (23505). Then nothing is
-- appended, and append_batch_and_tell says what each command comes to.
create procedure append_batch_of_new_streams(
  stream text, version integer[], type text, schema_version smallint[], at text, metadata text, data text,
  lanes smallint[], records integer[], messages text
)
language plpgsql as $$
begin
  insert into events (stream, version, type, schema_version, at, metadata, data)
  select s, v, t, c, w::timestamptz, m::json, d::json
  from unnest(
    string_to_array(stream, E'\n'), version, string_to_array(type, E'\n'), schema_version, string_to_array(at, E'\n'),
    string_to_array(metadata, E'\n'), string_to_array(data, E'\n')
  ) as given(s, v, t, c, w, m, d);
  insert into outbox (lane, records, messages)
  select l, r, m from unnest(lanes, records, string_to_array(messages, E'\f')) as given(l, r, m);
  commit;
  perform tell_relays(lanes, messages, true);
end $$;
