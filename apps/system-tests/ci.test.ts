// The gate's own script: what it calls and has not got is said on a line among thousands, and fails nothing.
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const read = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../../.ci/${name}`, import.meta.url)), "utf8");
/** A word of ours where a command stands: at a line's beginning, or behind what a step is called. */
const CALLED = /^ *(?:step "(?:[^"\\]|\\.)*" *(?:\\\n *)?)?([a-z]+(?:_[a-z]+)+)(?![\w=(])/gm;

// Seen to fail: a step that looked by Prometheus was called, and its function stood nowhere.
test("every function that .ci/run calls is there", () => {
  const scripts = `${read("run")}\n${read("containers")}`;
  const defined = new Set([...scripts.matchAll(/^([a-z_]+)\(\) [{(]/gm)].map(([, name]) => name));
  const called = new Set([...scripts.matchAll(CALLED)].map(([, name]) => name));
  expect(called.size).toBeGreaterThan(20);
  expect([...called].filter((name) => !defined.has(name))).toEqual([]);
});
