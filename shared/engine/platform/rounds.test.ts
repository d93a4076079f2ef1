import { describe, expect, test } from "bun:test";
import { inRounds } from "./rounds.ts";

/** Longer than any test. */
const FOR_EVER_MS = 3_600_000;
const onFailure = (error: unknown) => {
  throw error;
};

describe("rounds", () => {
  // Seen to fail with a round begun at each ring.
  test("never overlap: rings during a round make one more, after it", async () => {
    const begun: PromiseWithResolvers<void>[] = [];
    const third = Promise.withResolvers<void>();
    const rounds = inRounds(
      async () => {
        const ended = Promise.withResolvers<void>();
        if (begun.push(ended) === 2) third.resolve();
        await ended.promise;
      },
      { everyMs: FOR_EVER_MS, onFailure },
    );
    for (let n = 0; n < 3; n++) rounds.ring();
    expect(begun).toHaveLength(1);
    begun[0]?.resolve();
    await third.promise;
    const stopped = rounds.stop();
    begun[1]?.resolve();
    await stopped;
    expect(begun).toHaveLength(2);
  });

  test("go on after one that failed", async () => {
    const failures: unknown[] = [];
    const again = Promise.withResolvers<void>();
    const rounds = inRounds(
      async () => {
        if (failures.length === 0) throw new Error("away");
        again.resolve();
        return FOR_EVER_MS;
      },
      { everyMs: 1, onFailure: (error) => failures.push(error) },
    );
    await again.promise;
    await rounds.stop();
    expect(failures).toHaveLength(1);
  });

  // Seen to fail with a stop that does not wait for `running`.
  test("end with the one under way, which may see that it is the last", async () => {
    const begun = Promise.withResolvers<void>();
    const going = Promise.withResolvers<void>();
    const seen: string[] = [];
    const rounds = inRounds(
      async (isStopping) => {
        begun.resolve();
        await going.promise;
        seen.push(isStopping() ? "the last" : "another follows");
        return 0;
      },
      { everyMs: FOR_EVER_MS, onFailure },
    );
    await begun.promise;
    const stopped = rounds.stop().then(() => seen.push("stopped"));
    await new Promise(setImmediate);
    going.resolve();
    await stopped;
    expect(seen).toEqual(["the last", "stopped"]);
  });

  test("that rest first and are stopped meanwhile never begin", async () => {
    const rounds = inRounds((): Promise<void> => Promise.reject(new Error("begun")), {
      ...{ everyMs: FOR_EVER_MS, restsFirst: true, onFailure },
    });
    await rounds.stop();
  });
});
