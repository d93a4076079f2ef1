// `bun run bench`: starts its own stacks, asks each question several times, prints medians beside the promises.
import { join } from "node:path";
import { hasWrk } from "./load.ts";
import { describeMachine } from "./machine.ts";
import { type Options, readOptions, USAGE, WITH_ACCESS } from "./options.ts";
import { othersBetween, processorTime } from "./others.ts";
import { measurePeer } from "./peers.ts";
import { accessRatios, byCredential, printRatios, printRebuild, ratiosOf } from "./promises.ts";
import type { Bench, Figure } from "./question.ts";
import { printTable, summarize } from "./report.ts";
import { BENCH_DIRECTORY, stopStacks, withBench } from "./stack.ts";
import { type Secured, withAccess } from "./with-access.ts";

const options = optionsOf(process.argv.slice(2));
const { runs, seconds } = options;
const say = (line: string) => console.error(line);
const machine = describeMachine();
const generator = hasWrk() ? "wrk" : "bun";
const at = new Date().toISOString();
say(`${machine.processor}, ${machine.cores} cores, ${machine.memoryGb} GB, load average ${machine.load}`);
say(`load generator: ${generator === "wrk" ? "wrk" : "Bun, in a process of its own"}; ${runs} runs`);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void stopStacks().finally(() => process.exit(130)));
}

const figures = new Map<string, Figure[][]>();
const others: Figure[] = [];
if (options.questions.length > 0) {
  await withBench("shared", { seconds, say }, (bench) =>
    withAccess(options.access, bench, (secured) => askInTurn(bench, secured)),
  );
}
for (const question of options.long) {
  figures.set(question.name, await watched(question.name, () => question.runAll({ ...options, say })));
}

const summaries = [...figures].flatMap(([name, of]) => summarize(name, of));
const disturbed = summarize(
  "others",
  others.map((figure) => [figure]),
);
console.log(printTable([...summaries, ...disturbed]));
const ratios = [...ratiosOf(summaries, options.against), ...accessRatios(summaries, options.access)];
for (const line of [...printRatios(ratios), ...printRebuild(summaries)]) console.log(line);
const file = options.json ?? join(BENCH_DIRECTORY, `${at.replaceAll(":", "-")}.json`);
const measured = { summaries, ratios, others: disturbed, figures: Object.fromEntries(figures) };
const result = { at, machine, bun: Bun.version, generator, runs, seconds, ...measured };
await Bun.write(file, `${JSON.stringify(result, null, 2)}\n`);
say(`written to ${file}`);
const failing = new Set(options.long.filter((question) => question.failing).map(({ name }) => name));
process.exitCode = summaries.some(({ question, met }) => met === false && failing.has(question)) ? 1 : 0;

/** Every question and every peer once a run, since the machine's own speed varies between runs. */
async function askInTurn(bench: Bench, secured: Secured): Promise<void> {
  const ask = async (name: string, run: () => Promise<Figure[]>) => {
    figures.set(name, [...(figures.get(name) ?? []), await watched(name, run)]);
  };
  for (let run = 1; run <= runs; run++) {
    say(`run ${run} of ${runs}`);
    for (const peer of options.against) await ask(peer, () => measurePeer(peer, bench));
    for (const question of options.questions) {
      await ask(question.name, () => question.run(bench));
      if (!WITH_ACCESS.includes(question)) continue;
      for (const [credential, asKnown] of secured) {
        await ask(byCredential(question.name, credential), () => question.run(asKnown));
      }
    }
  }
}

/** Asks, and notes how much of the machine others took meanwhile. */
async function watched<Answer>(name: string, run: () => Promise<Answer>): Promise<Answer> {
  say(`asking: ${name}`);
  const before = processorTime();
  const answer = await run();
  const after = processorTime();
  const unit = "% of the machine";
  if (before && after) others.push({ name, unit, value: othersBetween(before, after) });
  return answer;
}

function optionsOf(words: string[]): Options {
  try {
    const read = readOptions(words);
    if (read !== "help") return read;
    console.log(USAGE);
    process.exit(0);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    process.exit(2);
  }
}
