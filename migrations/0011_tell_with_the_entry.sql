-- As before, but where one entry holds all of an append, and nothing of any stream comes before it, the notification
-- brings the entry: its id, its lane and its messages, with tabs between them. Such an entry may be published unseen,
-- since there is nothing that it could overtake; any other has to be looked for. Postgres takes less than 8,000 bytes.
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
    elsif cardinality(lanes) = 1 and 0 = all (expected) and octet_length(messages) <= 7500 then
      perform pg_notify('millrace_outbox', format(E'%s\t%s\t%s', currval('outbox_id_seq'), lanes[1], messages));
    else
      perform pg_notify('millrace_outbox', '');
    end if;
  end if;
end $$;
