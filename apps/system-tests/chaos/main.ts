// bun run chaos --minutes N --seed S [--faults a,b]: faults drawn from a seed, against a system of its own.
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { FAULTS } from "./faults/all.ts";
import { printReport } from "./report.ts";
import { runSchedule } from "./schedule.ts";

const USAGE = `bun run chaos [--minutes N] [--seed S] [--faults ${FAULTS.slice(0, 2)
  .map(({ name }) => name)
  .join()}] [--rate commands-per-second] [--root checkout]

Without minutes, each fault comes once. Faults: ${FAULTS.map(({ name }) => name).join(" ")}`;

const { values } = parseArgs({
  options: {
    minutes: { type: "string" },
    seed: { type: "string" },
    faults: { type: "string" },
    rate: { type: "string" },
    root: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
const faults = values.faults?.split(",");
const unknown = faults?.filter((name) => !FAULTS.some((fault) => fault.name === name)) ?? [];
if (values.help || unknown.length > 0) {
  console.log(unknown.length > 0 ? `No fault is called ${unknown.join()}.\n\n${USAGE}` : USAGE);
  process.exit(values.help ? 0 : 2);
}

const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000));
const logs = fileURLToPath(new URL(`../../../.millrace/chaos/seed-${seed}`, import.meta.url));
console.log(`seed ${seed}, logs in ${logs}`);
const report = await runSchedule({
  seed,
  logs,
  ...(values.minutes ? { durationMs: Number(values.minutes) * 60_000 } : {}),
  ...(faults ? { faults } : {}),
  ...(values.rate ? { commandsPerSecond: Number(values.rate) } : {}),
  ...(values.root ? { root: values.root } : {}),
  say: (line) => console.log(line),
});
console.log(printReport(report));
process.exit(report.passed ? 0 : 1);
