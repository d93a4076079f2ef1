// The words of `bun run bench`, and what they ask for.
import { parseArgs } from "node:util";
import { PEERS, type PeerName } from "./peers.ts";
import type { LongQuestion, Question } from "./question.ts";
import { accept } from "./questions/accept.ts";
import { growth } from "./questions/growth.ts";
import { hot } from "./questions/hot.ts";
import { idle } from "./questions/idle.ts";
import { large } from "./questions/large.ts";
import { memory } from "./questions/memory.ts";
import { read } from "./questions/read.ts";
import { readers } from "./questions/readers.ts";
import { rebuild } from "./questions/rebuild.ts";
import { steady } from "./questions/steady.ts";
import { visible } from "./questions/visible.ts";
import { visibleUnderLoad } from "./questions/visible-under-load.ts";
import { CREDENTIALS, type Credential } from "./with-access.ts";

const QUESTIONS: readonly Question[] = [accept, visible, visibleUnderLoad, read, readers, hot, memory, idle];
const LONG_QUESTIONS: readonly LongQuestion[] = [rebuild, growth, steady, large];

export interface Options {
  readonly questions: readonly Question[];
  readonly long: readonly LongQuestion[];
  readonly against: readonly PeerName[];
  /** Credentials to measure with access required, in turn with open access; empty to measure open access alone. */
  readonly access: readonly Credential[];
  readonly runs: number;
  readonly seconds: number;
  readonly minutes: number;
  readonly perSecond: number;
  readonly events: number | undefined;
  /** Undefined where the benchmark names the file itself. */
  readonly json: string | undefined;
}

const NAME_WIDTH = 20;
const line = ({ name, title }: { name: string; title: string }) => `  ${name.padEnd(NAME_WIDTH)}${title}`;

export const USAGE = `bun run bench [question…] [--against ${PEERS.join(",")}]

Starts stacks of its own, asks each question several times, and prints medians with their spread beside
what is promised. Without names it asks all questions but steady and large, which takes an hour each, and 30 GB
of disk while they run. Meanwhile use the machine for nothing else, and leave the sources alone: what it
measures reloads on change.

${[...QUESTIONS, ...LONG_QUESTIONS].map(line).join("\n")}

  --against PEERS   measure these as well, in turn with \`accept\` and \`hot\`, and print how many times their figures ours are,
                    beside what is promised of that: the plain designs express and emmett, and hops, which is
                    Millrace's own parts with none of its guarantees
  --access ${CREDENTIALS.join(",")}  ask \`accept\` and \`read\` of a Millrace that asks everybody who they are as well, in turn, and print
                    how many times the figures of the open one its are, beside what is promised of that
  --runs N          of each question; medians are taken over them (5)
  --seconds N       of each load (10)
  --events N        in the store that rebuild, growth and large fill
  --minutes N       of steady (60)
  --rate N          orders a second of steady (500)
  --json FILE       where the result goes (.millrace/bench/<time>.json)

Examples:
  bun run bench accept visible visible-under-load read --against express,hops
  bun run bench accept read --access key,jwt
  bun run bench rebuild growth --runs 3
  bun run bench steady --minutes 60 --rate 500
`;

/** @throws Error that says which words mean nothing. */
export function readOptions(words: string[]): Options | "help" {
  const { values, positionals } = parseArgs({
    args: words,
    allowPositionals: true,
    options: {
      against: { type: "string", default: "" },
      access: { type: "string", default: "" },
      runs: { type: "string", default: "5" },
      seconds: { type: "string", default: "10" },
      minutes: { type: "string", default: "60" },
      rate: { type: "string", default: "500" },
      events: { type: "string" },
      json: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return "help";
  const isAsked = chosen(positionals);
  const questions = QUESTIONS.filter(({ name }) => isAsked(name));
  const against = values.against.split(",").filter((name) => name !== "");
  const unknown = against.find((name) => !PEERS.includes(name as PeerName));
  if (unknown) throw new Error(`there is no peer "${unknown}"; there are ${PEERS.join(", ")}`);
  if (against.length > 0 && !questions.includes(accept) && !questions.includes(hot)) {
    throw new Error("--against compares what `accept` and `hot` measure, so ask one of them as well");
  }
  return {
    questions,
    access: credentialsIn(values.access, questions),
    long: LONG_QUESTIONS.filter(({ name, onlyNamed }) => isAsked(name, onlyNamed)),
    against: against as PeerName[],
    runs: positive("runs", values.runs, "whole"),
    seconds: positive("seconds", values.seconds),
    minutes: positive("minutes", values.minutes),
    perSecond: positive("rate", values.rate),
    events: values.events === undefined ? undefined : positive("events", values.events, "whole"),
    json: values.json,
  };
}

/** What is asked with access required as well. */
export const WITH_ACCESS: readonly Question[] = [accept, read];

function credentialsIn(text: string, questions: readonly Question[]): Credential[] {
  const words = text.split(",").filter((word) => word !== "");
  const unknown = words.find((word) => !CREDENTIALS.includes(word as Credential));
  if (unknown) throw new Error(`--access is "${unknown}"; expected some of ${CREDENTIALS.join(", ")}`);
  if (words.length > 0 && !questions.some((question) => WITH_ACCESS.includes(question))) {
    throw new Error("--access asks `accept` and `read` with access required, so name one of them as well");
  }
  return words as Credential[];
}

function chosen(named: readonly string[]): (name: string, onlyNamed?: boolean) => boolean {
  const names = [...QUESTIONS, ...LONG_QUESTIONS].map(({ name }) => name);
  const unknown = named.find((name) => !names.includes(name));
  if (unknown) throw new Error(`there is no question "${unknown}"; there are ${names.join(", ")}`);
  return (name, onlyNamed = false) => (named.length === 0 ? !onlyNamed : named.includes(name));
}

function positive(name: string, text: string, whole?: "whole"): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value) && (!whole || Number.isInteger(value))) return value;
  throw new Error(`--${name} is "${text}"; expected a ${whole ? "whole " : ""}number above 0`);
}
