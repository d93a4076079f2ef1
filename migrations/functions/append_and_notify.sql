-- append_batch in a transaction of its own, then wakes the relays. A transaction that notifies holds one lock of the whole
-- database until its commit is on the disk: in the append's own transaction all commits would wait for each other.
create or replace procedure append_and_notify(
  p_commands integer, p_answers json,
  p_command integer[], p_expected integer[], p_streams text, p_versions integer[], p_types text,
  p_schema_versions smallint[], p_times text, p_metadata text, p_data text,
  p_lanes smallint[], p_records integer[], p_messages text,
  inout outcomes smallint[] default null
)
language plpgsql as $$
begin
  outcomes := append_batch(
    p_commands, p_answers, p_command, p_expected, p_streams, p_versions, p_types, p_schema_versions, p_times, p_metadata,
    p_data, p_lanes, p_records, p_messages);
  commit;
  if outcomes is null and cardinality(p_lanes) > 0 then
    perform notify_relays();
  end if;
end $$;
