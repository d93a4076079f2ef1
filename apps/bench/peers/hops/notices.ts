// Rows on their way from one process of `hops` to the next, through Postgres.
import type { Sql } from "@millrace/platform/postgres";
import type { Row } from "./rows.ts";

export type Channel = "accepted" | "readable";

/** Postgres takes less than 8,000 bytes. */
const LENGTH_MAX = 7_900;

/** Resolves once it is sent; some notices hold all rows. */
export async function notify(sql: Sql, channel: Channel, rows: readonly Row[]): Promise<void> {
  await Promise.all(printed(rows).map((notice) => sql`select pg_notify(${channel}, ${notice})`));
}

export async function listen(
  sql: Sql,
  channel: Channel,
  hear: (rows: readonly Row[]) => void,
): Promise<void> {
  await sql.listen(channel, (notice) => hear(notice.split("\n").map(parsed)));
}

function printed(rows: readonly Row[]): string[] {
  const notices: string[] = [];
  let notice = "";
  for (const { id, document } of rows) {
    const line = `${id} ${document}`;
    if (notice !== "" && notice.length + line.length >= LENGTH_MAX) {
      notices.push(notice);
      notice = "";
    }
    notice += notice === "" ? line : `\n${line}`;
  }
  return [...notices, notice];
}

function parsed(line: string): Row {
  const space = line.indexOf(" ");
  return { id: line.slice(0, space), document: line.slice(space + 1) };
}
