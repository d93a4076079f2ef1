// What a database lacks of its apps' roles and rights, as the statements that would mend it, and what it has beyond them.
import { APPS, type App } from "@millrace/platform/apps";
import type { Statements } from "@millrace/platform/postgres";
import type { Right } from "@millrace/platform/table-rights";
import { type DatabaseRoles, databaseRoles } from "./database-roles.ts";
import {
  AUDITORS,
  FUNCTION_RIGHTS,
  type MatrixRow,
  REBUILDERS,
  type RightsOf,
  rightsMatrix,
} from "./matrix.ts";

export interface RightsPlan {
  readonly roles: DatabaseRoles;
  readonly matrix: readonly MatrixRow[];
  /** In their order; empty where nothing is missing. */
  readonly missing: readonly string[];
  /** What takes away the rights that no app needs. Programs of the version before may need them while they run. */
  readonly surplus: readonly string[];
  /** Tables that the matrix says nothing of: no app reaches them. */
  readonly unknown: readonly string[];
}

interface Grant {
  readonly table: string;
  readonly role: string;
  readonly right: string;
}

/** @throws what Postgres says */
export async function planRights(
  sql: Statements,
  { rightsOf, prefix }: { rightsOf: RightsOf; prefix: string },
): Promise<RightsPlan> {
  const matrix = rightsMatrix(rightsOf);
  const roles = databaseRoles(prefix);
  const tables = await tablesIn(sql);
  const known = new Set(matrix.map(({ table }) => table));
  const granted = await grantsIn(sql, [...Object.values(roles.of)]);
  const missing = [
    ...(await missingRoles(sql, roles)),
    ...(await missingUse(sql, roles)),
    ...(await missingOwners(sql, roles, matrix)),
    ...missingGrants(roles, matrix, granted),
    ...(await missingSequences(sql, roles, matrix)),
    ...(await missingFunctions(sql, roles)),
  ];
  return {
    roles,
    matrix,
    missing,
    surplus: surplusGrants(roles, matrix, granted),
    unknown: tables.filter((table) => !known.has(table)),
  };
}

/** An identifier of Postgres. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

async function missingRoles(sql: Statements, { of, readModels }: DatabaseRoles): Promise<string[]> {
  const names = [...Object.values(of), readModels];
  const rebuilders = REBUILDERS.map((app) => of[app]);
  const rows = await sql<
    { name: string; owner: string; isThere: boolean; isOwners: boolean; isMember: boolean }[]
  >`
    select name, schema_owner.rolname as owner, role.oid is not null as "isThere",
      coalesce(pg_has_role(schema_owner.oid, role.oid, 'usage'), schema_owner.rolsuper) as "isOwners",
      exists (
        select from pg_auth_members as held join pg_roles as owner on owner.oid = held.roleid
        where held.member = role.oid and owner.rolname = ${readModels}) as "isMember"
    from unnest(${names}::text[]) with ordinality as asked(name, nth)
      join pg_roles as schema_owner
        on schema_owner.oid = (select relowner from pg_class where oid = 'public.events'::regclass)
      left join pg_roles as role on role.rolname = name order by nth`;
  return [
    ...rows.flatMap(({ name, isThere }) => (isThere ? [] : [`create role ${quoted(name)} nologin`])),
    // The owner's functions see and end the apps' sessions; what the read models' role owns is the owner's to change.
    ...rows.flatMap(({ name, owner, isOwners }) =>
      isOwners ? [] : [`grant ${quoted(name)} to ${quoted(owner)}`],
    ),
    ...rows.flatMap(({ name, isMember }) =>
      rebuilders.includes(name) && !isMember ? [`grant ${quoted(readModels)} to ${quoted(name)}`] : [],
    ),
  ];
}

/** The schema, and where read models are audited the room for temporary tables. */
async function missingUse(sql: Statements, { of }: DatabaseRoles): Promise<string[]> {
  const rows = await sql<
    { app: App; role: string; database: string; uses: boolean; connects: boolean; temporary: boolean }[]
  >`
    select app, asked.role, current_database() as database,
      coalesce(has_schema_privilege(known.oid, 'public', 'usage'), false) as uses,
      coalesce(has_database_privilege(known.oid, current_database(), 'connect'), false) as connects,
      coalesce(has_database_privilege(known.oid, current_database(), 'temporary'), false) as temporary
    from unnest(${Object.keys(of)}::text[], ${Object.values(of)}::text[]) as asked(app, role)
      left join pg_roles as known on rolname = asked.role`;
  return rows.flatMap(({ app, role, database, uses, connects, temporary }) => [
    ...(connects ? [] : [`grant connect on database ${quoted(database)} to ${quoted(role)}`]),
    ...(temporary || !AUDITORS.includes(app)
      ? []
      : [`grant temporary on database ${quoted(database)} to ${quoted(role)}`]),
    ...(uses ? [] : [`grant usage on schema public to ${quoted(role)}`]),
  ]);
}

/** Read models and the schemas of their copies belong to the role that those share who rebuild. */
async function missingOwners(
  sql: Statements,
  { readModels }: DatabaseRoles,
  matrix: readonly MatrixRow[],
): Promise<string[]> {
  const names = matrix.filter(({ isReadModel }) => isReadModel).map(({ table }) => table);
  const schemas = await sql<{ name: string }[]>`
    select nspname as name from pg_namespace
    where nspname in ('next', 'previous') and pg_get_userbyid(nspowner) <> ${readModels} order by 1`;
  const tables = await sql<{ schema: string; name: string }[]>`
    select nspname as schema, relname as name from pg_class join pg_namespace as place on place.oid = relnamespace
    where nspname in ('public', 'next', 'previous') and relkind = 'r' and relname = any(${names}::text[])
      and pg_get_userbyid(relowner) <> ${readModels} order by 1, 2`;
  const role = quoted(readModels);
  const given = tables.map(({ schema, name }) => `alter table ${schema}.${quoted(name)} owner to ${role}`);
  return [
    ...schemas.map(({ name }) => `alter schema ${quoted(name)} owner to ${role}`),
    // A table's new owner must be able to create in its schema, at that moment alone.
    ...(given.length === 0
      ? []
      : [
          `grant usage, create on schema public to ${role}`,
          ...given,
          `revoke create on schema public from ${role}`,
        ]),
  ];
}

function missingGrants(
  { of }: DatabaseRoles,
  matrix: readonly MatrixRow[],
  granted: readonly Grant[],
): string[] {
  return matrix.flatMap(({ table, rights, isReadModel }) =>
    APPS.filter((app) => !(isReadModel && REBUILDERS.includes(app))).flatMap((app) => {
      const has = granted.filter((grant) => grant.table === table && grant.role === of[app]);
      const lacks = rights[app].filter((right) => !has.some((grant) => grant.right === right));
      return lacks.length === 0
        ? []
        : [`grant ${lacks.join(", ")} on public.${quoted(table)} to ${quoted(of[app])}`];
    }),
  );
}

function surplusGrants(
  { of }: DatabaseRoles,
  matrix: readonly MatrixRow[],
  granted: readonly Grant[],
): string[] {
  return granted.flatMap(({ table, role, right }) => {
    const app = APPS.find((each) => of[each] === role) as App;
    const rights = matrix.find((row) => row.table === table)?.rights[app] ?? [];
    return rights.includes(right as Right)
      ? []
      : [`revoke ${right} on public.${quoted(table)} from ${quoted(role)}`];
  });
}

/**
 * Those that columns of a table draw from. Who writes its rows draws from them, for which an identity asks no right; who
 * reads its rows reads how far they are.
 */
async function missingSequences(
  sql: Statements,
  roles: DatabaseRoles,
  matrix: readonly MatrixRow[],
): Promise<string[]> {
  const sequences = await sql<{ table: string; sequence: string; isIdentity: boolean }[]>`
    with drawn as (
      select needs.refobjid as sequence, adrelid as owner, false as identity
      from pg_attrdef join pg_depend as needs
        on needs.classid = 'pg_attrdef'::regclass and needs.objid = pg_attrdef.oid and needs.refclassid = 'pg_class'::regclass
      union
      select objid, refobjid, true from pg_depend
      where classid = 'pg_class'::regclass and refclassid = 'pg_class'::regclass and deptype = 'i')
    select owner.relname as table, sequence.relname as sequence, drawn.identity as "isIdentity"
    from drawn
      join pg_class as sequence on sequence.oid = drawn.sequence
        and sequence.relkind = 'S' and sequence.relnamespace = 'public'::regnamespace
      join pg_class as owner on owner.oid = drawn.owner and owner.relnamespace = 'public'::regnamespace
    order by 1, 2`;
  const wanted = sequences.flatMap(({ table, sequence, isIdentity }) => {
    const row = matrix.find((each) => each.table === table);
    const of = (need: Right, right: string) =>
      APPS.filter((app) => row?.rights[app].includes(need)).map((app) => {
        return { sequence, right, role: roles.of[app] };
      });
    return [...(isIdentity ? [] : of("insert", "usage")), ...of("select", "select")];
  });
  const rows = await sql<{ sequence: string; role: string; right: string }[]>`
    select distinct sequence, asked.role, asked.right
    from unnest(
        ${wanted.map((each) => each.sequence)}::text[], ${wanted.map((each) => each.role)}::text[],
        ${wanted.map((each) => each.right)}::text[]) as asked(sequence, role, "right")
      left join pg_roles as known on rolname = asked.role
    where not coalesce(has_sequence_privilege(known.oid, format('public.%I', sequence), asked.right), false)
    order by 1, 2, 3`;
  return rows.map(
    ({ sequence, role, right }) => `grant ${right} on sequence public.${quoted(sequence)} to ${quoted(role)}`,
  );
}

async function missingFunctions(sql: Statements, { of }: DatabaseRoles): Promise<string[]> {
  const wanted = Object.entries(FUNCTION_RIGHTS).flatMap(([name, apps]) =>
    apps.map((app) => ({ name, role: of[app] })),
  );
  const rows = await sql<{ name: string; role: string }[]>`
    select name, asked.role
    from unnest(${wanted.map(({ name }) => name)}::text[], ${wanted.map(({ role }) => role)}::text[]) as asked(name, role)
      left join pg_roles as known on rolname = asked.role
    where not coalesce(has_function_privilege(known.oid, 'public.' || name, 'execute'), false)`;
  return rows.map(({ name, role }) => `grant execute on function public.${name} to ${quoted(role)}`);
}

async function tablesIn(sql: Statements): Promise<string[]> {
  const rows = await sql<{ table: string }[]>`
    select relname as table from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f') order by 1`;
  return rows.map(({ table }) => table);
}

/** What was given to these roles themselves. */
async function grantsIn(sql: Statements, roles: readonly string[]): Promise<Grant[]> {
  return sql<Grant[]>`
    select relname as table, pg_get_userbyid(grantee) as role, lower(privilege_type) as right
    from pg_class cross join aclexplode(relacl)
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f')
      and pg_get_userbyid(grantee) = any(${roles as string[]}::text[]) order by 1, 2, 3`;
}
