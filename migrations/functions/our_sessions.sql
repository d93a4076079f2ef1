-- Sessions with this database, and what they are at: a role sees of others' only that they are there. Never what they ask.
create or replace function our_sessions()
  returns table (pid integer, name text, started timestamptz, state text, wait_event text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select pid, application_name, backend_start, state, wait_event from pg_stat_activity
  where datname = current_database() and pg_has_role(current_user, usesysid, 'usage');
$$;
revoke execute on function our_sessions from public;
