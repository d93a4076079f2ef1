-- Ends a session that takes nothing of what Postgres sends it, whichever app's it is, and no other: see session-watch.ts.
create or replace function end_blocked_session(p_pid integer) returns boolean
language sql security definer set search_path = pg_catalog, pg_temp as $$
  select coalesce(bool_or(pg_terminate_backend(pid)), false) from pg_stat_activity
  where pid = p_pid and datname = current_database() and pg_has_role(current_user, usesysid, 'usage')
    and state = 'idle' and wait_event = 'ClientWrite';
$$;
revoke execute on function end_blocked_session from public;
