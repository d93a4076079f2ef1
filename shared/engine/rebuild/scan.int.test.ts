import { afterAll, beforeAll, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import type { StoredEvent } from "@millrace/events/envelope";
import { type Chunk, readChunk } from "./scan.ts";
import { noteEvents, openTestNotes, type TestNotes } from "./testing/test-notes.ts";

let notes: TestNotes;

beforeAll(async () => {
  notes = await openTestNotes();
}, 60_000);
afterAll(() => notes?.stop());

async function readAll(): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  for (let after: string | undefined = "note"; after !== undefined; after = chunks.at(-1)?.next) {
    chunks.push(await readChunk(notes.sql, "note", { after, upTo: null }));
  }
  return chunks;
}

const bytesOf = ({ events }: Chunk) => events.reduce((sum, { data }) => sum + data.length, 0);

/** Nothing compresses it. */
const large = (event: StoredEvent): StoredEvent => ({
  ...event,
  data: JSON.stringify({ text: randomBytes(200_000).toString("hex") }),
});

// Seen to fail with chunks bounded by their events alone: all of them came as one text, and twelve thousand of that
// size are more than a text of Postgres can be.
test("streams of large events are read in chunks of a bounded size, each stream once and whole", async () => {
  const small = Array.from({ length: 50 }, (_, n) => noteEvents(`s-${n}`, 3)).flat();
  const heavy = Array.from({ length: 40 }, (_, n) => noteEvents(`m-${n}`, 2).map(large)).flat();
  const [first] = noteEvents("longest", 1);
  const longest = Array.from({ length: 45 }, (_, n) => large({ ...(first as StoredEvent), version: n + 1 }));
  await notes.store([...small, ...heavy, ...longest]);
  const chunks = await readAll();
  expect(chunks.length).toBeGreaterThan(4);
  const stored = await notes.sql<{ name: string; at: string; data: string }[]>`
    select stream || '@' || version as name, at, data::text from events order by stream, version`;
  const read = chunks.flatMap(({ events }) => events);
  expect(read.map(({ stream, version }) => `${stream}@${version}`)).toEqual(stored.map(({ name }) => name));
  expect(read.every(({ data }, index) => data === stored[index]?.data)).toBe(true);
  expect(read.map(({ at }) => Date.parse(at))).toEqual(stored.map(({ at }) => Date.parse(at)));
  const alone = chunks.filter(({ events }) => events[0]?.stream === "note-longest");
  expect(alone).toHaveLength(1);
  expect(new Set(alone[0]?.events.map(({ stream }) => stream)).size).toBe(1);
  for (const chunk of chunks) if (chunk !== alone[0]) expect(bytesOf(chunk)).toBeLessThan(20_000_000);
}, 60_000);
