import { expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { createSealer } from "./seal.ts";

const key = () => randomBytes(32).toString("base64");
const sealerOf = (...keys: string[]) => {
  const sealer = createSealer(keys);
  if (!sealer) throw new Error("There is no key");
  return sealer;
};

test("what is sealed shows nothing, and opens for its owner alone", () => {
  const sealer = sealerOf(key());
  const sealed = sealer.seal("whsec_one", "ep_1");
  expect(sealed.toString("latin1")).not.toContain("whsec");
  expect(sealer.open(sealed, "ep_1")).toBe("whsec_one");
  expect(() => sealer.open(sealed, "ep_2")).toThrow("no longer has");
  expect(sealer.seal("whsec_one", "ep_1")).not.toEqual(sealed);
});

test("a key may be changed while what the one before has sealed still opens", () => {
  const [before, after] = [key(), key()];
  const sealed = sealerOf(before).seal("whsec_one", "ep_1");
  expect(sealerOf(after, before).open(sealed, "ep_1")).toBe("whsec_one");
  expect(() => sealerOf(after).open(sealed, "ep_1")).toThrow("no longer has");
  expect(() => sealerOf(after).open(Buffer.alloc(3), "ep_1")).toThrow("no longer has");
});

test("a key is 32 bytes, and none is no sealer", () => {
  expect(createSealer([])).toBeUndefined();
  expect(() => createSealer(["c2hvcnQ="])).toThrow("32 bytes");
});
