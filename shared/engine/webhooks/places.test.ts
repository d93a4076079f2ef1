import { expect, test } from "bun:test";
import { createPlaces, PLACES_MAX } from "./places.ts";

const fill = (places: ReturnType<typeof createPlaces>, id: string, failing = false) => {
  const room = places.room({ id, failing });
  for (let taken = 0; taken < room; taken++) places.take(id);
  return room;
};

// Seen to fail with the one place of each endpoint's left out.
test("however many endpoints hang, another finds a place", () => {
  const places = createPlaces();
  for (let each = 0; places.taken() < PLACES_MAX; each++) fill(places, `hangs_${each}`);
  expect(fill(places, "well")).toBe(1);
  expect(fill(places, "well")).toBe(0);
  places.leave("well");
  expect(fill(places, "well")).toBe(1);
});

test("one that fails has few, and gets its others back", () => {
  const places = createPlaces();
  expect(fill(places, "fails", true)).toBe(2);
  expect(fill(places, "fails")).toBe(14);
  expect(places.room({ id: "fails", failing: true })).toBe(0);
});
