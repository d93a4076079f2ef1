import { describe, expect, test } from "bun:test";
import * as v from "valibot";
import { createCodec } from "@millrace/events/codec";
import { defineSnapshot } from "./snapshot.ts";
import { type Added, tallyDecider, tallySnapshot } from "./testing/tally.ts";

const present = defineSnapshot(tallySnapshot).fingerprint;

describe("fingerprint", () => {
  test("is the same for the same code, whoever starts it", () => {
    expect(defineSnapshot({ ...tallySnapshot }).fingerprint).toBe(present);
  });

  test("is another one where the same events make another state", () => {
    const evolve: typeof tallyDecider.evolve = (state, event) => {
      const next = tallyDecider.evolve(state, event);
      // Only after two notes: no state of one example alone tells.
      return state.note !== undefined && event.data.note !== undefined
        ? { ...next, sum: next.sum + 1 }
        : next;
    };
    expect(defineSnapshot({ ...tallySnapshot, decider: { ...tallyDecider, evolve } }).fingerprint).not.toBe(
      present,
    );
  });

  test("is another one where an event that followed can't follow any more", () => {
    const evolve: typeof tallyDecider.evolve = (state, event) => {
      if (state.sum < 0) throw new Error("below nothing");
      return tallyDecider.evolve(state, event);
    };
    expect(defineSnapshot({ ...tallySnapshot, decider: { ...tallyDecider, evolve } }).fingerprint).not.toBe(
      present,
    );
  });

  test("is another one with another schema version, whose upcaster may read the same events otherwise", () => {
    const schema = v.object({ by: v.number(), note: v.exactOptional(v.string()) });
    const codec = createCodec<Added>({ Added: { schemaVersion: 2, schema, upcasters: [(data) => data] } });
    expect(defineSnapshot({ ...tallySnapshot, codec }).fingerprint).not.toBe(present);
  });
});

test("a schema that keeps less than the state has is refused at the start", () => {
  const schema = v.object({ sum: v.number() });
  expect(() => defineSnapshot({ ...tallySnapshot, schema })).toThrow("loses something of");
});

test("an example that its codec does not read is refused at the start", () => {
  const examples = { Added: [{ by: "one" as unknown as number }] } as const;
  expect(() => defineSnapshot({ ...tallySnapshot, examples })).toThrow("breaks its schema");
});
