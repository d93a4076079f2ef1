CREATE TABLE "relay_held" (
	"stream" text PRIMARY KEY NOT NULL,
	"lane" smallint NOT NULL,
	"topic" text NOT NULL,
	"partition" integer NOT NULL,
	"version" integer NOT NULL,
	"last" integer NOT NULL,
	"cause" text NOT NULL,
	"since" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"attempts" integer DEFAULT 1 NOT NULL,
	"tried_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "relay_topics" (
	"topic" text PRIMARY KEY NOT NULL,
	"generation" integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX "relay_held_tried_at" ON "relay_held" USING btree ("topic","partition","tried_at");--> statement-breakpoint
-- Notifies the relays of entries that are committed, where one of them rests: then it shares the lock (7405118, -1), and
-- an append that tries to have it alone finds that out. The notification carries nothing, since any login may send one:
-- it only wakes the relay. Nor is it needed: a full queue would fail the transaction of the notification, after that
-- of the append, so a queue that a listener has let fill to the half gets no more of them, and the relay looks by itself.
create function notify_relays() returns void
language plpgsql as $$
begin
  if pg_try_advisory_lock(7405118, -1) then
    perform pg_advisory_unlock(7405118, -1);
  elsif pg_notification_queue_usage() < 0.5 then
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
    perform notify_relays();
  end if;
end $$;--> statement-breakpoint
create or replace procedure append_batch_of_new_streams(
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
  perform notify_relays();
end $$;--> statement-breakpoint
drop function tell_relays(smallint[], text, boolean);
