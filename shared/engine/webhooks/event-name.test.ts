import { expect, test } from "bun:test";
import { eventName, matches, PATTERN } from "./event-name.ts";

test("an event is called by its category and what happened", () => {
  expect(eventName("thing", "ThingMade")).toBe("thing.made");
  expect(eventName("thing", "ThingColourChosen")).toBe("thing.colour_chosen");
  expect(eventName("note", "NoteTaken")).toBe("note.taken");
  expect(eventName("shelf", "ThingPlaced")).toBe("shelf.thing_placed");
  expect(eventName("gift-card", "GiftCardUsed")).toBe("gift_card.used");
  expect(eventName("thing", "Thing")).toBe("thing.thing");
});

test("a pattern is a name, all of a category, or all", () => {
  expect(["*", "thing.*", "thing.made"].map((each) => matches([each], "thing.made"))).toEqual([
    true,
    true,
    true,
  ]);
  expect(["thing.painted", "note.*", "things.*", "thi*"].some((each) => matches([each], "thing.made"))).toBe(
    false,
  );
  expect(matches([], "thing.made")).toBe(false);
});

test("what could match nothing is no pattern", () => {
  expect(["*", "thing.*", "gift_card.used"].every((each) => PATTERN.test(each))).toBe(true);
  expect(
    ["", "thing", "*.created", "thing.**", "order.a.b", "Thing.made", "thing."].some((each) =>
      PATTERN.test(each),
    ),
  ).toBe(false);
});
