// The files of a new process: its definition and its test.

import { listed, put } from "../edit.ts";
import { aOrAn, capitalized } from "../names.ts";
import type { Plan } from "../plan.ts";
import { SHOP } from "./aggregate.ts";

export const MANIFEST = "shared/shop/package.json";
export const README = "README.md";

export interface NewProcess {
  readonly name: string;
  /** The aggregate whose events wake it. */
  readonly on: string;
}

/** @throws Refusal where a file of the checkout is not as expected */
export function planProcess(
  process: NewProcess,
  texts: { shop: string; manifest: string; readme: string },
): Plan {
  const { name } = process;
  const isDeclared = texts.manifest.includes('"@millrace/processes"');
  return {
    created: new Map([
      [`shared/shop/${name}/${name}.ts`, processFile(process)],
      [`shared/shop/${name}/${name}.test.ts`, testFile(process)],
    ]),
    changed: new Map([
      [SHOP, listed(SHOP, texts.shop, { list: "processes", what: name, from: `./${name}/${name}.ts` })],
      ...(isDeclared ? [] : declared(texts)),
    ]),
    install: !isDeclared,
  };
}

/** For a shop's first process, the shop's manifest and the README's table of imports name the package that makes processes. */
function declared({
  manifest,
  readme,
}: {
  manifest: string;
  readme: string;
}): [path: string, text: string][] {
  return [
    [
      MANIFEST,
      put(MANIFEST, manifest, {
        after: /"dependencies": \{[\s\S]*?"@millrace\/platform": "workspace:\*",/,
        words: `\n    "@millrace/processes": "workspace:*",`,
        otherwise: "add @millrace/processes to the dependencies",
      }),
    ],
    [
      README,
      put(README, readme, {
        after: /\n\| `shop` \|.*`platform`/,
        words: ", `processes`",
        otherwise: "add `processes` to the row of `shop` under Who may import whom",
      }),
    ],
  ];
}

function processFile({ name, on }: NewProcess): string {
  return `// ${capitalized(name)}: what follows from ${aOrAn(on)}. Each round looks at the ${on}'s stream and answers the one step to take next. The process
// may stop anywhere, run twice, and be woken late or twice.
import { defineProcess } from "@millrace/processes/define-process";
import type { ProcessDefinition } from "@millrace/processes/process";
import { ${on}Codec } from "../${on}/codec.ts";
import { ${on}Decider } from "../${on}/decide.ts";

const streams = { ${on}: { decider: ${on}Decider, codec: ${on}Codec } };

/** Calls to other systems: the request of each, by its name. */
type Calls = Record<never, never>;

/** Time, in ms, that ${aOrAn(on)} is left alone after its creation: changes that follow at once need no look of their own. */
export const REST_MS = 60_000;

/** ${capitalized(on)} ids worked on at once. */
const KEYS_MAX = 8;
/** Longest time, in ms, that one call to another system may take. */
const CALL_MS_MAX = 10_000;

/** Names are storage format. */
export const ${name}Definition: ProcessDefinition<typeof streams, Calls, Record<never, never>> = {
  name: "${name}",
  projection: "${name}-tasks",
  streams,
  begunBy: "${on}",
  wakes: [{ on: streams.${on}, look: () => "begins" }],
  next({ ${on}: { state, begunAtMs = 0 } }, nowMs) {
    if (!state.exists) return { kind: "done" };
    const untilMs = begunAtMs + REST_MS;
    if (nowMs < untilMs) return { kind: "wait", untilMs, waitingFor: "the ${on} to settle" };
    // Here: decide a command on a stream, call outside, ask for a person, or end.
    return { kind: "done" };
  },
  open: () => ({ settings: {}, calls: {}, keysMax: KEYS_MAX, callMsMax: CALL_MS_MAX }),
};

export const ${name} = defineProcess(${name}Definition);
`;
}

function testFile({ name, on }: NewProcess): string {
  return `import { expect, test } from "bun:test";
import { ${on}Decider } from "../${on}/decide.ts";
import { REST_MS, ${name}Definition } from "./${name}.ts";

const begunAtMs = 1_000_000;
const { initialState } = ${on}Decider;
const next = (exists: boolean, nowMs: number) =>
  ${name}Definition.next(
    { ${on}: { state: { ...initialState, exists } as typeof initialState, version: exists ? 1 : 0, begunAtMs } },
    nowMs,
    {},
  );

test("${aOrAn(on)} is left alone for a while, and then nothing is left to do", () => {
  const untilMs = begunAtMs + REST_MS;
  expect(next(true, begunAtMs)).toMatchObject({ kind: "wait", untilMs });
  expect(next(true, untilMs)).toEqual({ kind: "done" });
});

test("${aOrAn(on)} that does not exist leaves nothing to do", () => {
  expect(next(false, begunAtMs)).toEqual({ kind: "done" });
});
`;
}
