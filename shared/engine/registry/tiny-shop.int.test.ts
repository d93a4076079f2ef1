// The engine with another shop: of one aggregate, in one folder and one line, and with no word that any package has of it.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createCommandApi, type RunningCommandApi } from "@millrace/commands/command-api";
import { createAccess } from "@millrace/console/access";
import { loadAssets } from "@millrace/console/assets";
import { type Console, createConsole } from "@millrace/console/console";
import { createRebuilds } from "@millrace/console/rebuilds";
import { createKafka } from "@millrace/kafka/client";
import { readConfig } from "@millrace/platform/config";
import { createLog } from "@millrace/platform/log";
import { createMetrics } from "@millrace/platform/metrics";
import { createOriginCheck } from "@millrace/platform/origin-check";
import { connectPostgres, type Database, type Sql } from "@millrace/platform/postgres";
import { createQueryApi, type QueryApi } from "@millrace/queries/query-api";
import type { ReadModel } from "@millrace/read-models/read-model";
import { createLoader } from "@millrace/store/load";
import { eventually } from "@millrace/testing/eventually";
import { testStack } from "@millrace/testing/stack";
import { createNotesTable } from "./testing/notes-table.ts";
import { tinyShop } from "./testing/tiny-shop/shop.ts";

const log = createLog("tiny-shop-test", "silent");
const [notes] = tinyShop.readModels as [ReadModel];

/** What the APIs answer whatever the shop. */
const ENGINE = /^\/(commands|healthz|readyz|metrics|problems)/;

let sql: Sql;
let db: Database;
let commands: RunningCommandApi;
let queries: QueryApi;
let site: Console;
let prefix: string;
let drop: () => Promise<void>;

beforeAll(async () => {
  const stack = await testStack();
  const database = await stack.freshDatabase();
  drop = database.drop;
  const databaseUrl = database.url;
  ({ sql, db } = connectPostgres({ url: databaseUrl, name: "tiny-shop-test", connectionsMax: 6 }));
  await createNotesTable(sql);
  prefix = `${stack.uniqueName("tiny")}-`;
  const kafka = createKafka({
    names: tinyShop.kafkaNames,
    brokers: stack.brokers,
    prefix,
    clientId: "test",
    log,
  });
  const { aggregates, readModels, related, processes } = tinyShop;
  const metrics = () => createMetrics("tiny-shop-test");
  commands = createCommandApi({
    aggregates,
    settings: {},
    kafka,
    config: readConfig({}),
    sql,
    log,
    metrics: metrics(),
  });
  queries = createQueryApi({
    ...{ sql, databaseUrl, currency: "USD", shop: tinyShop, log, metrics: metrics() },
    ...{ commandApiUrl: "http://localhost:3001", requestsMax: 100 },
  });
  site = createConsole({
    webhooks: { sealer: undefined, internal: [] },
    ...{ sql, db, databaseUrl, kafka, log, currency: "USD", models: readModels, related, processes },
    rebuilds: createRebuilds({ databaseUrl, loader: new URL("unused", import.meta.url), kafka, log }),
    health: async () => [],
    access: createAccess({ config: readConfig({}), sql, log }),
    assets: await loadAssets(),
    metrics: metrics(),
    originCheck: createOriginCheck({ host: "127.0.0.1", hosts: [] }),
  });
}, 60_000);

afterAll(async () => {
  await queries?.stop();
  await site?.stop();
  await commands?.runner.stop();
  await commands?.appender.drain();
  await sql?.end({ timeout: 1 });
  await drop?.();
});

async function write(method: string, path: string, body?: unknown) {
  const headers = { "content-type": "application/json" };
  return commands.http.request(path, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

/** Gives all events of the note to its read model. */
async function project(id: string) {
  const events = await createLoader(sql).load(`note-${id}`);
  await db.transaction((tx) =>
    notes.apply(
      tx,
      events.map((event, offset) => ({ event, partition: 0, offset })),
    ),
  );
}

const read = async (path: string) => (await queries.app.request(path)).json();

async function page(path: string) {
  const answer = await site.app.request(path, { headers: { accept: "text/html", host: "127.0.0.1" } });
  return { status: answer.status, text: await answer.text() };
}

describe("a shop of notes alone", () => {
  test("takes its commands by its routes and by their names", async () => {
    const created = await write("POST", "/notes", { id: "one", text: "milk" });
    expect([created.status, await created.json()]).toEqual([
      201,
      { id: "one", text: "milk", done: false, version: 1 },
    ]);
    expect((await write("POST", "/notes", { id: "one", text: "milk" })).status).toBe(409);
    const named = await write("POST", "/commands", [
      { type: "createNote", payload: { id: "two", text: "pens" } },
      { type: "changeNote", payload: { id: "one", done: true } },
    ]);
    expect(named.status).toBe(201);
    expect(
      (await write("POST", "/commands", { type: "deleteNote", payload: { id: "two" } })).status,
    ).toBeLessThan(300);
    expect((await write("PATCH", "/notes/two", { done: true })).status).toBe(404);
  });

  test("serves its read model, and why a row of it is as it is", async () => {
    for (const id of ["one", "two"]) await project(id);
    expect(await read("/notes")).toMatchObject([{ id: "one", text: "milk", done: true, version: 2 }]);
    expect(await read("/notes/one?version=1")).toMatchObject({ done: false });
    expect(await read("/notes/one/history")).toMatchObject([
      { type: "NoteCreated" },
      { type: "NoteChanged" },
    ]);
    expect(await read("/notes/one/why")).toMatchObject({
      steps: [
        { event: "NoteCreated", command: "CreateNote" },
        { event: "NoteChanged", changes: [{ path: "/done", before: false, after: true }] },
      ],
      row: { version: 2, behind: 0 },
    });
    expect(await read("/notes/two")).toMatchObject({ code: "note_not_found" });
  });

  test("describes all of it, and nothing of another shop", async () => {
    const written = await (await commands.http.request("/openapi.json")).json();
    const served = await read("/openapi.json");
    const pathsOf = ({ paths }: { paths: object }) => Object.keys(paths).filter((path) => !ENGINE.test(path));
    expect(pathsOf(written)).toEqual(["/notes", "/notes/{id}"]);
    expect(pathsOf(served)).toEqual(["/notes/{id}/history", "/notes/{id}/why", "/notes", "/notes/{id}"]);
    const { channels } = await (await commands.http.request("/asyncapi.json")).json();
    expect(
      Object.entries(channels as Record<string, { address: string | null; messages: object }>).map(
        ([name, { address, messages }]) => [name, address, Object.keys(messages)],
      ),
    ).toEqual([
      ["note-events", `${prefix}note-events`, ["NoteCreated.v1", "NoteChanged.v1", "NoteDeleted.v1"]],
      ["commands", `${prefix}commands`, ["createNote", "changeNote", "deleteNote"]],
      ["replies", null, ["accepted", "pending", "rejected"]],
    ]);
    expect(await (await commands.http.request("/")).json()).toMatchObject({ asyncapi: "/asyncapi.json" });
    expect(await (await commands.http.request("/docs")).text()).toContain('href="/asyncapi.json"');
    expect((await queries.app.request("/asyncapi.json")).status).toBe(404);
    expect(await (await queries.app.request("/docs")).text()).not.toContain("asyncapi");
  });

  test("has its entry, its list and its items in the console", async () => {
    const list = await page("/notes");
    expect(list.status).toBe(200);
    expect(list.text).toContain('<a href="/notes" data-letter="n" aria-current="page">');
    expect(list.text).toContain('href="/notes/one"');
    const item = await page("/notes/one");
    for (const said of [
      "NoteCreated",
      "CreateNote",
      "Row at version 2",
      "level with its events",
      "/streams/note-one",
    ]) {
      expect(item.text).toContain(said);
    }
    const flow = await page("/flow");
    // No relay runs here, and its events wait: the map says where.
    for (const said of ["held by nobody", "Partitions of note-events", "Rows of notes"])
      expect(flow.text).toContain(said);
    expect((await page("/notes/none")).status).toBe(404);
    // Without the sampler's first look this never comes.
    await eventually(async () => expect((await page("/")).text).toMatch(/wait, records: now \d/));
    const menu = [...(await page("/")).text.matchAll(/<a href="(\/[a-z-]*)" data-letter/g)].map(
      ([, href]) => href,
    );
    expect(menu.slice(0, 3)).toEqual(["/", "/notes", "/streams"]);
  });
});
