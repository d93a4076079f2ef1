-- Appends commands that begin their streams and keep no answers, as most do, commits, and wakes the relays. There is no
-- version before theirs to look for and no loser to find: a stream that is there already fails all of it (23505), and
-- then append_and_notify says what each command comes to.
--
-- Arguments as append_batch has them.
create or replace procedure append_new_streams(
  p_streams text, p_versions integer[], p_types text, p_schema_versions smallint[], p_times text, p_metadata text,
  p_data text, p_lanes smallint[], p_records integer[], p_messages text
)
language plpgsql as $$
begin
  insert into events (stream, version, type, schema_version, at, metadata, data)
  select g.stream, g.version, g.type, g.schema_version, g.at::timestamptz, g.metadata::json, g.data::json
  from unnest(
    string_to_array(p_streams, E'\n'), p_versions, string_to_array(p_types, E'\n'), p_schema_versions,
    string_to_array(p_times, E'\n'), string_to_array(p_metadata, E'\n'), string_to_array(p_data, E'\n')
  ) as g(stream, version, type, schema_version, at, metadata, data);
  insert into outbox (lane, records, messages)
  select g.lane, g.records, g.messages
  from unnest(p_lanes, p_records, string_to_array(p_messages, E'\f')) as g(lane, records, messages);
  commit;
  perform notify_relays();
end $$;
