import { expect, test } from "bun:test";
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
    ask: (id: string, waitMs: number) => waits.row("counters", { id, minVersion: 1, waitMs }),
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
