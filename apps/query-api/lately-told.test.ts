import { expect, test } from "bun:test";
import { createLatelyTold } from "./lately-told.ts";

function at(start: number) {
  let time = start;
  const told = createLatelyTold(() => time);
  const after = (ms: number) => {
    time += ms;
  };
  const id = (ageMs = 0) => Bun.randomUUIDv7("hex", time - ageMs);
  return { told, after, id };
}

const NOON = Date.UTC(2026, 0, 1, 12);

test("a new id that nobody has told of is not there yet", () => {
  const { told, after, id } = at(NOON);
  after(1);
  const one = id();
  expect(told.mayBeThere(one)).toBe(false);
  told.note([{ id: one, version: 1 }]);
  expect(told.mayBeThere(one)).toBe(true);
  expect(told.mayBeThere(id())).toBe(false);
});

test("what was told is known for as long as the id is new", () => {
  const { told, after, id } = at(NOON);
  after(100);
  const one = id();
  told.note([{ id: one, version: 1 }]);
  for (let ms = 0; ms < 1_500; ms += 50) {
    after(50);
    told.note([{ id: id(), version: 1 }]);
    expect(told.mayBeThere(one)).toBe(true);
  }
});

test("ids that are old, of no time or of a time to come may be there", () => {
  const { told, after, id } = at(NOON);
  after(1_000);
  for (const one of [id(500), id(-1), "order-7", "", crypto.randomUUID()]) {
    expect(told.mayBeThere(one)).toBe(true);
  }
});

test("where something may have been told unheard, whatever was made before it may be there", () => {
  const { told, after, id } = at(NOON);
  after(1);
  const one = id();
  after(1);
  told.missed();
  const two = id(-1);
  after(1);
  expect([told.mayBeThere(one), told.mayBeThere(two)]).toEqual([true, false]);
  told.note(undefined);
  expect(told.mayBeThere(two)).toBe(true);
});
