import { expect, test } from "bun:test";
import { accept, type Decider, decideAll, fold, refuse } from "./decider.ts";

/** Counts up to three. */
const counter: Decider<"add" | "look", number, "Added", { code: "full" }> = {
  category: "counter",
  initialState: 0,
  evolve: (count) => count + 1,
  decide(command, count) {
    if (command === "look") return accept();
    return count < 3 ? accept("Added") : refuse({ code: "full" });
  },
};

test("events are folded from the state that is given", () => {
  expect(fold(counter, ["Added", "Added"])).toBe(2);
  expect(fold(counter, ["Added", "Added"], 5)).toBe(7);
});

test("each of several commands sees what the ones before it decided", () => {
  expect(decideAll(counter, ["add", "look", "add"], 1)).toEqual({
    accepted: true,
    events: ["Added", "Added"],
  });
});

test("the first refusal refuses all commands that came with it", () => {
  expect(decideAll(counter, ["add", "add"], 2)).toEqual({ accepted: false, refusal: { code: "full" } });
});

test("no commands decide no events", () => {
  expect(decideAll(counter, [], 0)).toEqual({ accepted: true, events: [] });
});
