// What an actor says when it takes a partition over.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { fileURLToPath } from "node:url";
import { connectPostgres, type Sql } from "@millrace/platform/postgres";
import { parseRowsChanged, ROWS_CHANNEL, type RowsChanged } from "@millrace/read-models/row-changes";
import { eventually } from "@millrace/testing/eventually";
import { testStack } from "@millrace/testing/stack";

const WORKER = fileURLToPath(new URL("../projector/worker.ts", import.meta.url));

let sql: Sql;
let database: { url: string; drop(): Promise<void> };

beforeAll(async () => {
  database = await (await testStack()).freshDatabase();
  ({ sql } = connectPostgres({ url: database.url, name: "claims-test", connectionsMax: 2 }));
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

// Seen to fail without onClaimed: a reader waited to the end for a row that the owner before had written when it died.
test("a projection's new owner notifies all readers that anything may have changed", async () => {
  const heard: RowsChanged[] = [];
  const { unlisten } = await sql.listen(ROWS_CHANNEL, (payload) => heard.push(parseRowsChanged(payload)));
  const worker = new Worker(WORKER, {
    env: { PATH: Bun.env.PATH, DATABASE_URL: database.url },
  } as WorkerOptions);
  const said: string[] = [];
  worker.onmessage = ({ data }: MessageEvent<{ type: string; state?: string }>) => {
    said.push(data.state ?? data.type);
    if (data.type !== "ready") return;
    worker.postMessage({
      type: "claim",
      assignment: { topic: "order-events", partition: 0, owner: "claims-test" },
    });
  };
  await eventually(() => expect(said).toContain("claimed"), { withinMs: 20_000, everyMs: 20 });
  await eventually(() => expect(heard).toEqual([{ projection: "orders" }, { projection: "customers" }]));
  worker.postMessage({ type: "stop" });
  await unlisten();
  await eventually(() => expect(said.at(-1)).toBe("stopped"));
  worker.terminate();
});
