import { describe, expect, test } from "bun:test";
import { formatTraceparent, parseTraceparent, readTraceparent } from "./traceparent.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";

describe("readTraceparent", () => {
  test("a well-formed traceparent is taken as it is", () => {
    expect(readTraceparent(`00-${TRACE}-${SPAN}-01`)).toBe(`00-${TRACE}-${SPAN}-01`);
    expect(readTraceparent(`00-${TRACE}-${SPAN}-00`)).toBe(`00-${TRACE}-${SPAN}-00`);
  });

  test("a later version is read as the one that we speak, without what it added", () => {
    expect(readTraceparent(`cc-${TRACE}-${SPAN}-01-what-the-future-brings`)).toBe(`00-${TRACE}-${SPAN}-01`);
    expect(readTraceparent(`cc-${TRACE}-${SPAN}-01`)).toBe(`00-${TRACE}-${SPAN}-01`);
  });

  test.each([
    ["nothing", undefined],
    ["no header", null],
    ["an empty one", ""],
    ["words", "hello"],
    ["a trace id of zeros", `00-${"0".repeat(32)}-${SPAN}-01`],
    ["a span id of zeros", `00-${TRACE}-${"0".repeat(16)}-01`],
    ["upper case", `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ["version ff", `ff-${TRACE}-${SPAN}-01`],
    ["more than version 00 has", `00-${TRACE}-${SPAN}-01-more`],
    ["something glued to a later version", `cc-${TRACE}-${SPAN}-01.more`],
    ["a line break", `00-${TRACE}-${SPAN}-01\n`],
  ])("%s counts as none", (_, value) => {
    expect(readTraceparent(value)).toBeUndefined();
  });

  test("what is parsed is written back the same", () => {
    const traceparent = `00-${TRACE}-${SPAN}-01`;
    expect(parseTraceparent(traceparent)).toEqual({ traceId: TRACE, spanId: SPAN, flags: 1 });
    expect(formatTraceparent(parseTraceparent(traceparent))).toBe(traceparent);
  });
});
