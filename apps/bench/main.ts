// `bun run bench`: starts its own stacks, asks each question several times, prints medians beside the promises.
import { join } from "node:path";
import { hasWrk } from "./load.ts";
import { describeMachine } from "./machine.ts";
import { type Options, readOptions, USAGE } from "./options.ts";
import { measurePeer } from "./peers.ts";
import type { Bench, Figure } from "./question.ts";
import { printRatios, printTable, summarize } from "./report.ts";
import { BENCH_DIRECTORY, withBench } from "./stack.ts";

const options = optionsOf(process.argv.slice(2));
const { runs, seconds } = options;
const say = (line: string) => console.error(line);
const machine = describeMachine();
const generator = hasWrk() ? "wrk" : "bun";
const at = new Date().toISOString();
say(`${machine.processor}, ${machine.cores} cores, ${machine.memoryGb} GB, load average ${machine.load}`);
say(`load generator: ${generator === "wrk" ? "wrk" : "Bun, in a process of its own"}; ${runs} runs`);

const figures = new Map<string, Figure[][]>();
if (options.questions.length > 0) await withBench("shared", { seconds, say }, askInTurn);
for (const question of options.long) {
  say(`asking: ${question.name}`);
  figures.set(question.name, await question.runAll({ ...options, say }));
}

const summaries = [...figures].flatMap(([name, of]) => summarize(name, of));
console.log(printTable(summaries));
for (const line of printRatios(summaries, options.against)) console.log(line);
const file = options.json ?? join(BENCH_DIRECTORY, `${at.replaceAll(":", "-")}.json`);
const result = { at, machine, bun: Bun.version, generator, runs, seconds, summaries };
await Bun.write(file, `${JSON.stringify({ ...result, figures: Object.fromEntries(figures) }, null, 2)}\n`);
say(`written to ${file}`);
const failing = new Set(options.long.filter((question) => question.failing).map(({ name }) => name));
process.exitCode = summaries.some(({ question, met }) => met === false && failing.has(question)) ? 1 : 0;

/** Every question and every peer once a run, since the machine's own speed varies between runs. */
async function askInTurn(bench: Bench): Promise<void> {
  const ask = async (name: string, run: () => Promise<Figure[]>) => {
    say(`asking: ${name}`);
    figures.set(name, [...(figures.get(name) ?? []), await run()]);
  };
  for (let run = 1; run <= runs; run++) {
    say(`run ${run} of ${runs}`);
    for (const peer of options.against) await ask(peer, () => measurePeer(peer, bench));
    for (const question of options.questions) await ask(question.name, () => question.run(bench));
  }
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
