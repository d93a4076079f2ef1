// What was ever stored is read for ever: an example of every event in every schema version.
import { expect, test } from "bun:test";
import { shop } from "./shop.ts";
import { digestOf, type Examples, everyVersion, examplesFile, readStored } from "./testing/examples.ts";

const aggregates = shop.aggregates.map((aggregate) => [aggregate.name, aggregate] as const);

// Seen to fail with an upcaster that leaves a member out, with a schema that asks for one more, and with an example changed.
test.each(aggregates)(
  "every version of every event of %s is kept, and read as it is now",
  async (_, aggregate) => {
    const kept: Examples = await Bun.file(examplesFile(aggregate)).json();
    // One that is missing: `bun run examples`.
    expect(Object.keys(kept).sort()).toEqual(everyVersion(aggregate).sort());
    for (const [event, { stored, read, sha256 }] of Object.entries(kept)) {
      expect([event, digestOf(stored)]).toEqual([event, sha256]);
      expect([event, readStored(aggregate, event, stored)]).toEqual([event, read]);
    }
  },
);
