import { describe, expect, test } from "bun:test";
import { etagOf, isNotModified, readTags } from "./etag.ts";

describe("If-Match", () => {
  test.each([
    ['"3"', [3]],
    [' "3" ', [3]],
    ['"1", "2" ,"3"', [1, 2, 3]],
    ["*", "any"],
  ] as const)("%s names its versions", (header, versions) => {
    expect(readTags(header)).toEqual(versions);
  });

  test.each(['W/"3"', '"abc"', '"03"', '"0"', '"-1"', '"1e3"', '"1.0"', '"9999999999999999"', '""'])(
    "%s names no version of ours, so it never matches",
    (header) => {
      expect(readTags(header)).toEqual([]);
    },
  );

  test.each(["3", "", '"3', '"1" "2"', '"1",', "*, *", `"1"${', "1"'.repeat(1_000)}`])(
    "%p is no list of entity tags",
    (header) => {
      expect(readTags(header)).toBeUndefined();
    },
  );

  test("a hostile list is read in no time", () => {
    const startedAt = performance.now();
    readTags(`"${"\x21".repeat(1_900)}`);
    readTags(`"1"${" ,".repeat(900)}`);
    expect(performance.now() - startedAt).toBeLessThan(100);
  });
});

describe("If-None-Match", () => {
  test.each(['"3"', 'W/"3"', '"1", "3"', "*"])("%s says that version 3 is known", (header) => {
    expect(isNotModified(header, 3)).toBe(true);
  });

  test.each([null, "", "3", '"2"', '"33"'])("%p says nothing of version 3", (header) => {
    expect(isNotModified(header, 3)).toBe(false);
  });
});

test("a version's tag reads back as that version", () => {
  expect(readTags(etagOf(12))).toEqual([12]);
});
