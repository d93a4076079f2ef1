import { expect, test } from "bun:test";
import { ClientGone } from "@millrace/http/client-gone";
import { hashOf } from "@millrace/read-models/row-changes";
import type { FoundRow } from "@millrace/read-models/row-lookup";
import { createVersionWaits } from "./version-waits.ts";

const ROW: FoundRow = { version: 1, deleted: false, document: "{}" };

/** Waits over one row, which is there from the start, or appears when a test says so. */
function over(row?: FoundRow) {
  const looks: string[] = [];
  let present = row;
  const lookup = {
    async find(id: string) {
      looks.push(id);
      return present;
    },
    whole: () => Promise.reject(new Error("not asked")),
  };
  const waits = createVersionWaits(new Map([["counters", lookup]]));
  return {
    looks,
    appear(found: FoundRow) {
      present = found;
    },
    notify: (...ids: string[]) => waits.rowsChanged({ projection: "counters", hashes: ids.map(hashOf) }),
    ask: (id: string, waitMs: number, signal?: AbortSignal) =>
      waits.row("counters", { id, minVersion: 1, waitMs, ...(signal && { signal }) }),
    waiting: waits.waiting,
  };
}

test("what is there already is answered by the first look", async () => {
  const { looks, ask } = over(ROW);
  expect(await ask("one", 1_000)).toEqual(ROW);
  expect(looks).toEqual(["one"]);
});

test("a notification makes one look at what it names, and at nothing else", async () => {
  const { looks, appear, notify, ask } = over();
  const answer = ask("one", 5_000);
  notify("other", "another");
  expect(looks).toEqual(["one"]);
  appear(ROW);
  notify("other", "one");
  expect(await answer).toEqual(ROW);
  expect(looks).toEqual(["one", "one"]);
});

// A payload can be sent by any login of the database.
test("a notification of what is not there shows nothing", async () => {
  const { notify, ask } = over();
  const answer = ask("one", 60);
  for (let times = 0; times < 5; times++) notify("one");
  expect(await answer.catch((failure) => failure.code)).toBe("projection_behind");
});

// Seen to fail without the last look: the wait ended with projection_behind.
test("what appears without a notification is found by a last look", async () => {
  const { looks, appear, ask } = over();
  const answer = ask("one", 60);
  appear(ROW);
  expect(await answer).toEqual(ROW);
  expect(looks).toEqual(["one", "one"]);
});

test("without a wait there is one look", async () => {
  const { looks, ask } = over();
  expect(await ask("one", 0).catch((failure) => failure.code)).toBe("projection_behind");
  expect(looks).toEqual(["one"]);
});

// Seen to fail where the wait heard nothing of its client: its place was taken until its time was over.
test("a client that goes gives its place back, and nobody looks for it again", async () => {
  const { looks, notify, ask, waiting } = over();
  const going = new AbortController();
  const gone = ask("one", 5_000, going.signal).catch((error) => error);
  const stays = ask("two", 5_000).catch((error) => error);
  expect(waiting()).toBe(2);
  going.abort();
  expect(await gone).toBeInstanceOf(ClientGone);
  expect(waiting()).toBe(1);
  notify("one", "two");
  expect(looks).toEqual(["one", "two", "two"]);
  expect(await ask("one", 5_000, going.signal).catch((error) => error)).toBeInstanceOf(ClientGone);
  expect(waiting()).toBe(1);
  stays.catch(() => {});
});
