import type { Command } from "commander";
import { LANES } from "@millrace/contract/lanes";
import type { Run } from "../program.ts";
import { count, duration, printTable } from "../table.ts";

interface Lane {
  readonly lane: number;
  /** Process id of the Postgres session that holds it; null where no relay does. */
  readonly session: number | null;
  /** ISO 8601, UTC. */
  readonly heldSince: string | null;
  readonly entries: number;
  readonly records: number;
  readonly oldestMs: number;
}

/** The lock that a relay holds a lane by; see apps/relay/lanes.ts. */
const LANE_LOCK = 7_405_118;
/** An entry that is this old is not just on its way. */
const OLD_MS = 5_000;

export function addRelay(program: Command, run: Run): void {
  program
    .command("relay")
    .description("the lanes of the outbox: who holds each, how much waits, and since when")
    .addHelpText(
      "after",
      "\nExit code 1 where a lane is held by nobody, or something waits for more than 5 s.\n",
    )
    .action((_options, command: Command) =>
      run(command, async ({ sql }) => {
        const rows = await sql<
          {
            lane: number;
            session: number | null;
            held_since: string | null;
            entries: string;
            records: string;
            oldest_ms: number;
          }[]
        >`
          select lane, held.pid as session, held.since as held_since, coalesce(entries, 0) as entries,
            coalesce(records, 0) as records, coalesce(oldest_ms, 0)::float8 as oldest_ms
          from generate_series(0, ${LANES - 1}::int) as lane
          left join lateral (
            select locks.pid, to_char(backend_start at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as since
            from pg_locks as locks join pg_stat_activity as session using (pid)
            where locktype = 'advisory' and classid = ${LANE_LOCK} and objid = lane and granted
              and locks.database = (select oid from pg_database where datname = current_database())
          ) as held on true
          left join (
            select lane, count(*) as entries, sum(records) as records,
              extract(epoch from clock_timestamp() - min(created_at)) * 1000 as oldest_ms
            from outbox group by lane
          ) as waiting using (lane)
          order by lane`;
        const json: Lane[] = rows.map((row) => ({
          lane: row.lane,
          session: row.session,
          heldSince: row.held_since,
          entries: Number(row.entries),
          records: Number(row.records),
          oldestMs: Math.round(row.oldest_ms),
        }));
        const table = printTable(
          json,
          [
            { title: "lane", value: (row) => row.lane, right: true },
            {
              title: "held by session",
              value: (row) => (row.session === null ? "nobody" : String(row.session)),
            },
            { title: "since", value: (row) => row.heldSince ?? undefined },
            { title: "entries", value: (row) => row.entries, right: true },
            { title: "records", value: (row) => row.records, right: true },
            {
              title: "oldest",
              value: (row) => (row.entries === 0 ? undefined : duration(row.oldestMs)),
              right: true,
            },
          ],
          "",
        );
        const records = json.reduce((sum, lane) => sum + lane.records, 0);
        const wrong = json.some((lane) => lane.session === null || lane.oldestMs > OLD_MS);
        return { json: { records, lanes: json }, text: `${table}\n\n${count(records)} records wait.`, wrong };
      }),
    );
}
