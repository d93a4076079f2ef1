import { expect, test } from "bun:test";
import { createCredentialCache } from "./credential-cache.ts";

test("what is known is said at once, until its time is over", async () => {
  let time = 0;
  let asked = 0;
  const cache = createCredentialCache(async (text) => ({ who: `${text}${++asked}`, until: time + 100 }), {
    now: () => time,
  });
  expect(await cache.find("a")).toBe("a1");
  expect(cache.find("a")).toBe("a1");
  time = 100;
  expect(await cache.find("a")).toBe("a2");
});

test("those that come meanwhile wait for the same answer, and a failure is nobody's answer later", async () => {
  let asked = 0;
  const cache = createCredentialCache(async () => {
    if (++asked === 1) throw new Error("away");
    return { who: "ann", until: Number.POSITIVE_INFINITY };
  });
  const both = await Promise.allSettled([cache.find("a"), cache.find("a")]);
  expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect([await cache.find("a"), asked]).toEqual(["ann", 2]);
});

test("a flood of credentials takes no more room than its bound", async () => {
  const cache = createCredentialCache(async (who) => ({ who, until: Number.POSITIVE_INFINITY }), {
    knownMax: 10,
  });
  for (let n = 0; n < 100; n++) await cache.find(String(n));
  expect(cache.size()).toBe(10);
  expect(cache.find("99")).toBe("99");
});
