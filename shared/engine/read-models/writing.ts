// The statements that write a batch of rows behind a fence. What differs from batch to batch is named in them.
import { type SQL, sql } from "drizzle-orm";
import { named, type Statement, statementAround } from "@millrace/platform/statement";
import type { Sums } from "./kept-sums.ts";
import { given, identifiers, type RowColumns } from "./rows.ts";

export interface Writing {
  /**
   * For rows that are new and rows that are there. It fails as a whole, by a division by zero, where one is not as the
   * batch found it. Answers `fenced`: rows in the fence, 0 or 1.
   */
  any(fence: SQL): Statement;
  /**
   * The same where all are new; it fails where one is there already. Half of what the other has to set up each time, which
   * for a few rows is most of what it costs.
   */
  creating(fence: SQL): Statement;
}

export function writingOf<Value>(rows: RowColumns<Value>, sums: Sums<Value> | undefined): Writing {
  const table = sql.identifier(rows.table);
  const names = rows.columns.map(({ name }) => name);
  const insert = sql`insert into ${table} (${identifiers([...names, "partition"])})
      select ${identifiers(names)}, ${named("partition")}::integer`;
  const set = rows.columns
    .filter(({ key }) => key !== "id" && key !== "createdAt")
    .map(({ name }) => sql`${sql.identifier(name)} = given.${sql.identifier(name)}`);
  if (rows.numbered) set.push(sql`change = default`);
  const counted = sums ? sql`, ${sums.counting}` : sql``;
  return {
    any: statementAround(
      (fence) => sql`
    with fence as (${fence}), given as materialized (
      select * from ${given(rows)} where exists (select from fence)
    ), inserted as (
      ${insert}
      from given where before = 0
      on conflict (id) do nothing returning 1
    ), updated as (
      update ${table} set ${sql.join(set, sql`, `)}, partition = ${named("partition")}::integer
      from given where ${table}.id = given.id and ${table}.version = given.before and given.before > 0
      returning 1
    )${counted}
    ${RESULT}`,
    ),
    creating: statementAround(
      (fence) => sql`
    with fence as (${fence}), inserted as (
      ${insert}
      from ${given(rows)} where exists (select from fence)
    )${counted}
    select count(*)::integer as fenced from fence`,
    ),
  };
}

const RESULT = sql`
    select (select count(*) from fence)::integer as fenced,
      1 / (case when (select count(*) from fence) = 0
        or ((select count(*) from inserted) = ${named("inserted")}::bigint
          and (select count(*) from updated) = ${named("updated")}::bigint) then 1 else 0 end) as complete`;
