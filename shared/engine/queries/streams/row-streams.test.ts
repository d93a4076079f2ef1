import { expect, test } from "bun:test";
import { createLog } from "@millrace/platform/log";
import type { ChangedRow, Changes, Position } from "@millrace/read-models/changes";
import { eventually } from "@millrace/testing/eventually";
import { createRowStreams, STREAM_BOUNDS, type StreamBounds } from "./row-streams.ts";

const DOCUMENT_BYTES = 10_000;

/** A table with a hundred thousand changed rows, of which each read takes one. */
function tableOf(bounds: Partial<StreamBounds> = {}) {
  let reads = 0;
  const row = (change: number): ChangedRow => ({
    partition: 0,
    change,
    id: `${change}`,
    version: 1,
    deleted: false,
    document: "x".repeat(DOCUMENT_BYTES),
  });
  const source = {
    projection: "counters",
    noun: "counter",
    async changesSince(position: Position): Promise<Changes> {
      reads++;
      return { rows: [row((position.get(0) ?? 0) + 1)], more: true };
    },
    presentPosition: async () => new Map([[0, 100_000]]),
    changeOf: async () => undefined,
  };
  const streams = createRowStreams([source], createLog("t", "silent"), { ...STREAM_BOUNDS, ...bounds });
  const open = (mayGoOn?: () => Promise<boolean>) =>
    streams
      .open("counters", new Request("http://localhost/counters/stream"), {
        resumeAt: new Map([[0, 0]]),
        mayGoOn,
      })
      .body?.getReader();
  return { streams, open, reads: () => reads };
}

// Seen to fail where rows were read ahead of the client.
test("a client that takes nothing while it catches up holds one read, and not the table", async () => {
  const { streams, open, reads } = tableOf();
  const client = open();
  await client?.read();
  await eventually(() => expect(reads()).toBe(1));
  await Bun.sleep(20);
  expect(reads()).toBe(1);
  await client?.read();
  await eventually(() => expect(reads()).toBe(2));
  streams.stop();
});

// Seen to fail without the bound: each client held its own, five hundred of them half a gigabyte.
test("where clients leave too much unread together, those with most are dropped and the others go on", async () => {
  const { streams, open } = tableOf({ unreadBytesMax: 3.5 * DOCUMENT_BYTES });
  // Each takes the opening and nothing of what follows.
  for (const client of Array.from({ length: 5 }, () => open())) await client?.read();
  await eventually(() => expect(streams.clients()).toBeLessThan(5));
  const reader = open();
  for (let taken = 0; taken < 20; taken++) expect((await reader?.read())?.done).toBe(false);
  expect(streams.clients()).toBeGreaterThan(1);
  streams.stop();
});

// Seen to fail while a stream was asked about once, when it was opened: who was shut out went on to hear of all that changed.
test("a stream ends once its client may follow no more, and goes on while nobody can say so", async () => {
  const { streams, open } = tableOf({ leaveMs: 5 });
  let may = true;
  let asked = 0;
  const mayGoOn = async () => may;
  const nobodyKnows = () => Promise.reject(new Error(`Postgres is away, ${++asked}`));
  const [shutOut, other, anybody] = [open(mayGoOn), open(nobodyKnows), open()];
  for (const client of [shutOut, other, anybody]) await client?.read();
  may = false;
  await eventually(() => expect(streams.clients()).toBe(2));
  await eventually(() => expect(asked).toBeGreaterThan(2));
  expect(streams.clients()).toBe(2);
  streams.stop();
});
