import { afterAll, beforeAll, expect, test } from "bun:test";
import { BY_INDEX, connectPostgres, PLANNED_ONCE } from "@millrace/platform/postgres";
import { testStack } from "@millrace/testing/stack";
import { readOutbox } from "./outbox.ts";
import { settle } from "./relay-marks.ts";

let url: string;
let drop: () => Promise<void>;
beforeAll(async () => {
  ({ url, drop } = await (await testStack()).freshDatabase());
});
afterAll(() => drop());

// Seen to fail without BY_INDEX: twenty looks at the whole table.
test("an outbox that was vacuumed while it was empty is read by its index all the same", async () => {
  const { sql } = connectPostgres({
    url,
    name: "outbox-test",
    connectionsMax: 1,
    settings: { ...PLANNED_ONCE, ...BY_INDEX },
  });
  await sql`vacuum outbox`;
  // In one transaction, which knows of its own looks alone.
  await sql`begin`;
  for (let round = 0; round < 10; round++) {
    await readOutbox(sql, { lanes: [0, 1], except: [1], entriesMax: 10 });
    await settle(sql, { ids: [1], holds: [], marks: [] });
  }
  const [scans] = await sql`
    select pg_stat_get_xact_numscans('outbox'::regclass)::int as whole,
      pg_stat_get_xact_numscans('outbox_pkey'::regclass)::int as by_index`;
  await sql`commit`;
  expect(scans).toEqual({ whole: 0, by_index: expect.any(Number) });
  expect(Number(scans?.by_index)).toBeGreaterThan(0);
  await sql.end({ timeout: 1 });
});
