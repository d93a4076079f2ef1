// `bun run bench`: starts its own stack, asks each question several times, prints medians beside the promises.
import { parseArgs } from "node:util";
import { connectPostgres } from "@millrace/platform/postgres";
import { hasWrk } from "./load.ts";
import { measurePeer, PEERS, type PeerName } from "./peers.ts";
import type { Bench, Figure, Question } from "./question.ts";
import { footprint } from "./questions/footprint.ts";
import { latency } from "./questions/latency.ts";
import { reads } from "./questions/reads.ts";
import { steady } from "./questions/steady.ts";
import { throughput } from "./questions/throughput.ts";
import { printTable, summarize } from "./report.ts";
import { startStack } from "./stack.ts";

const QUESTIONS: readonly Question[] = [throughput, latency, steady, reads, footprint];

const USAGE = `bun run bench [--only ${QUESTIONS.map(({ name }) => name).join(",")}] [--against ${PEERS.join(",")}]
  --runs N      of each question; medians are taken over them (5)
  --seconds N   of each load (10)
  --json FILE   where the result goes as JSON (bench-results/latest.json)`;

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    against: { type: "string" },
    runs: { type: "string", default: "5" },
    seconds: { type: "string", default: "10" },
    json: { type: "string", default: "bench-results/latest.json" },
    help: { type: "boolean", default: false },
  },
});
const runs = Number(values.runs);
const seconds = Number(values.seconds);
const asked = QUESTIONS.filter(({ name }) => !values.only || values.only.split(",").includes(name));
const against = (values.against?.split(",") ?? []) as PeerName[];
const unknown = against.filter((name) => !PEERS.includes(name));
if (values.help || !(runs > 0) || !(seconds > 0) || asked.length === 0 || unknown.length > 0) {
  console.error(USAGE);
  process.exit(values.help ? 0 : 2);
}

const say = (line: string) => console.error(line);
const stack = await startStack(say);
const { sql } = connectPostgres({
  url: stack.databaseUrl,
  name: "bench",
  connectionsMax: 2,
  answerWithinMs: 0,
});
const bench: Bench = { stack, sql, seconds, say };
say(`load generator: ${hasWrk() ? "wrk" : "Bun, in a process of its own"}; ${runs} runs of ${seconds} s`);

const figures = new Map<string, Figure[][]>();
const ask = async (name: string, run: () => Promise<Figure[]>) => {
  say(`asking: ${name}`);
  figures.set(name, [...(figures.get(name) ?? []), await run()]);
};
try {
  for (let run = 1; run <= runs; run++) {
    say(`run ${run} of ${runs}`);
    // In turn within each run: the machine's own speed varies between runs.
    for (const peer of against) await ask(peer, () => measurePeer(peer, bench));
    for (const question of asked)
      if (!question.once || run === runs) await ask(question.name, () => question.run(bench));
  }
} finally {
  await sql.end();
  await stack.stop();
}

const summaries = [...figures].flatMap(([name, of]) => summarize(name, of));
console.log(printTable(summaries));
for (const peer of against) {
  const own = summaries.find(
    ({ question, figure }) => question === "throughput" && figure === "accepted and readable",
  );
  const theirs = summaries.find(
    ({ question, figure }) => question === peer && figure === "accepted and readable",
  );
  if (own && theirs) console.log(`${(own.median / theirs.median).toFixed(2)} times ${peer} (promised: 3)`);
}
const result = {
  at: new Date().toISOString(),
  bun: Bun.version,
  runs,
  seconds,
  generator: hasWrk() ? "wrk" : "bun",
  summaries,
};
await Bun.write(values.json, `${JSON.stringify(result, null, 2)}\n`);
say(`written to ${values.json}`);
