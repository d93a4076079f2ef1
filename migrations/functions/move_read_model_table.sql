-- Moves a table of a read model between the schema of the live ones and those of its copies. Postgres asks CREATE on the
-- schema that a table moves to, and whoever had that on public could put anything there under which others would find it.
-- So this runs as the owner of the schema, for those who rebuild, and moves what belongs to the copies' owner alone.
create or replace function move_read_model_table(p_table text, p_from text, p_to text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if p_to not in ('public', 'next', 'previous') or not exists (
    select from pg_class join pg_namespace as place on place.oid = relnamespace
    where relname = p_table and relkind = 'r' and nspname = p_from and nspname in ('public', 'next', 'previous')
      and relowner = (select nspowner from pg_namespace where nspname = 'next')) then
    raise insufficient_privilege using message = format('%I.%I is no table of a read model', p_from, p_table);
  end if;
  execute format('alter table %I.%I set schema %I', p_from, p_table, p_to);
end $$;
revoke execute on function move_read_model_table from public;
