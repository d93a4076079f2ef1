import { expect, test } from "bun:test";
import { createVolume } from "./body-share.ts";

test("a second's bytes come again with the next second, and one body that is larger than all of them passes alone", () => {
  let time = 5_000;
  const volume = createVolume(100, () => time);
  const excess = { policy: "bytes", most: 100, seconds: 1, retryAfterSeconds: 1 };
  expect([volume.take("ann", 60), volume.take("ann", 40), volume.take("ann", 1)]).toEqual([
    undefined,
    undefined,
    excess,
  ]);
  expect(volume.take("eve", 500)).toBeUndefined();
  expect(volume.take("eve", 1)).toEqual(excess);
  time += 999;
  expect(volume.take("ann", 1)).toEqual(excess);
  time += 1;
  expect(volume.take("ann", 100)).toBeUndefined();
});
