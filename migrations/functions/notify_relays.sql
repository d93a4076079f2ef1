-- Wakes the relays after an append is committed, where one of them rests: a resting relay shares the advisory lock
-- (7405118, -1), so an append that can have it alone knows that none does.
--
-- The notification carries nothing, since any login may send one. Nor is it needed: a full queue of notifications would
-- fail this transaction after that of the append, so a queue that a listener has let fill to the half gets no more of
-- them, and the relays look by themselves.
create or replace function notify_relays() returns void
language plpgsql as $$
begin
  if pg_try_advisory_lock(7405118, -1) then
    perform pg_advisory_unlock(7405118, -1);
  elsif pg_notification_queue_usage() < 0.5 then
    perform pg_notify('millrace_outbox', '');
  end if;
end $$;
