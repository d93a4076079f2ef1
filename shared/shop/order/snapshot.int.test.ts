import { afterAll, beforeAll, expect, test } from "bun:test";
import { eventually } from "@millrace/testing/eventually";
import { startTestApi, type TestApi } from "../testing/start-test-api.ts";

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());

const json = (value: unknown) => JSON.stringify(value);

// Seen to fail with the snapshot left out of either aggregate.
test.each([
  ["orders", { customer: "Alice", items: ["pen"] }, (n: number) => ({ customer: `Alice ${n}` })],
  ["users", { id: "alice", name: "Alice" }, (n: number) => ({ name: `Alice ${n}` })],
])("%s that change often have a snapshot, and are changed from there on", async (plural, first, change) => {
  const created =
    plural === "orders"
      ? await api.send("POST", "/orders", first)
      : await api.send("POST", "/commands", { type: "createUser", payload: first });
  expect(created.status).toBe(201);
  const path = `/${plural}/${created.body.id}`;
  const stream = `${plural.slice(0, -1)}-${created.body.id}`;
  for (let n = 0; n < 60; n++) expect((await api.send("PATCH", path, change(n))).status).toBe(200);
  const version = await eventually(async () => {
    const [row] = await api.sql<
      { version: number }[]
    >`select version from snapshots where stream = ${stream}`;
    expect(row).toBeDefined();
    return row?.version as number;
  });
  // What stands before the snapshot is not read: from here on nobody could.
  await api.sql`update events set data = ${json([])}::text::json where stream = ${stream} and version < ${version}`;
  const answer = await api.send("PATCH", path, change(60));
  expect([answer.status, answer.headers.get("etag")]).toEqual([200, '"62"']);
});
