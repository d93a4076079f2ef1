import { expect, test } from "bun:test";
import { createTidier } from "./tidy.ts";

const REST_MS = 200;

test("what a burst has left is collected once the thread rests, and a few records are not worth it", async () => {
  let collected = 0;
  const tidier = createTidier({
    restMs: REST_MS,
    collect: () => {
      collected++;
    },
  });
  tidier.worked(10);
  await Bun.sleep(2 * REST_MS);
  expect(collected).toBe(0);
  for (const endsAt = Date.now() + 2 * REST_MS; Date.now() < endsAt; await Bun.sleep(REST_MS / 20)) {
    tidier.worked(1_000);
    expect(collected).toBe(0);
  }
  await Bun.sleep(2 * REST_MS);
  expect(collected).toBe(1);
  tidier.worked(10);
  await Bun.sleep(2 * REST_MS);
  expect(collected).toBe(1);
});

// Without it a projector held 650 MB of 500 kB records' garbage.
test("a thread that handles large records collects though it never rests", () => {
  let collected = 0;
  const tidier = createTidier({ collect: () => collected++ });
  for (let record = 0; record < 64; record++) tidier.worked(1, 500_000);
  expect(collected).toBe(1);
});

// Seen to fail where all bytes count alike: a busy projector's threads stood still for 20 ms twice a second.
test("a busy thread does not collect for records that the heap itself grows with", () => {
  let collected = 0;
  const tidier = createTidier({ collect: () => collected++ });
  for (let batch = 0; batch < 100; batch++) tidier.worked(600, 600 * 800);
  expect(collected).toBe(0);
});
