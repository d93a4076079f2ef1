import { expect, test } from "bun:test";
import { openScreen, readable, wantsColours } from "./screen.ts";

const line = (fields: object) =>
  JSON.stringify({ level: "info", time: "2026-01-02T03:04:05.678Z", process: "relay", ...fields });

test("a structured line reads as time, level, message and its fields", () => {
  expect(readable(line({ msg: "published", records: 3, topic: "thing-events", lanes: [1, 2] }))).toBe(
    "03:04:05.678 info  published records=3 topic=thing-events lanes=[1,2]",
  );
});

test("an error's stack stands below its line", () => {
  const text = readable(
    line({ level: "error", msg: "failed", err: { message: "x", stack: "Error: x\n  at y" } }),
  );
  expect(text).toBe("03:04:05.678 error failed \n    Error: x\n      at y");
});

test("any other line comes through as it is", () => {
  for (const text of ["plain words", "{ not json", '{"no":"message"}', ""]) expect(readable(text)).toBe(text);
});

test("each line carries its process, in colour only where colours are wanted", () => {
  const print = (colours: boolean) => {
    let printed = "";
    openScreen(colours, (text) => {
      printed += text;
    }).child("relay", "hello");
    return printed;
  };
  expect(print(false)).toBe("relay       hello\n");
  expect(print(true)).toBe("\x1b[36mrelay      \x1b[0m hello\n");
});

test("a log line of a process that apps share carries the app that wrote it", () => {
  let printed = "";
  openScreen(false, (text) => {
    printed += text;
  }).child("command-api+relay", line({ msg: "published" }));
  expect(printed).toBe("relay       03:04:05.678 info  published\n");
});

test("NO_COLOR wins over the terminal and over FORCE_COLOR", () => {
  expect(wantsColours({}, true)).toBe(true);
  expect(wantsColours({}, false)).toBe(false);
  expect(wantsColours({ FORCE_COLOR: "1" }, false)).toBe(true);
  expect(wantsColours({ NO_COLOR: "1", FORCE_COLOR: "1" }, true)).toBe(false);
});
