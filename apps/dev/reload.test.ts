import { expect, test } from "bun:test";
import { EventEmitter } from "node:events";
import type { FSWatcher } from "node:fs";
import { watchSources } from "./reload.ts";

const lacking = (code: string) => Object.assign(new Error(`${code}: no space left on device`), { code });

/** Watches in words only: the first fails at once, or later. */
function watchesThatFail(how: "at once" | "later", code: string) {
  const open = new Set<unknown>();
  const watch = () => {
    if (how === "at once") throw lacking(code);
    const watcher = Object.assign(new EventEmitter(), { close: () => open.delete(watcher) });
    open.add(watcher);
    return watcher as unknown as FSWatcher;
  };
  return { watch: watch as never, open };
}

test.each([
  ["at once", "EMFILE", "max_user_instances"],
  ["later", "ENOSPC", "max_user_watches"],
] as const)("too few watches are said once and end nothing: %s, %s", (how, code, setting) => {
  const said: string[] = [];
  const { watch, open } = watchesThatFail(how, code);
  const watching = watchSources({
    root: "/nowhere",
    folders: [],
    onChange() {},
    onUnwatched: (why) => said.push(why),
    watch,
  });
  for (const watcher of [...open] as EventEmitter[]) watcher.emit("error", lacking(code));
  expect(said).toEqual([expect.stringContaining(setting)]);
  expect(open.size).toBe(0);
  watching.close();
});
