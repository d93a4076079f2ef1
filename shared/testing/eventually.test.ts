import { expect, test } from "bun:test";
import { eventually } from "./eventually.ts";

test("resolves to what the assertions return, once they hold", async () => {
  let looks = 0;
  const held = await eventually(
    () => {
      looks++;
      expect(looks).toBe(3);
      return "held";
    },
    { everyMs: 1 },
  );
  expect(held).toBe("held");
});

test("past its time the last failure comes out, with how long was waited", async () => {
  const waiting = eventually(() => Promise.reject(new Error("still empty")), { withinMs: 30, everyMs: 5 });
  expect(waiting).rejects.toThrow(/^not so after \d+ ms and \d+ looks: still empty$/);
});
