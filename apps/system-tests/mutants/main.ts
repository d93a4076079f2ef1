// bun run mutants [--only words-of-a-name] [--minutes N [--seed N]]: switches one mechanism off after the other, in a
// copy of the checkout, and asks for each whether the test that is named for it fails. Proves that the tests of the
// guarantees can fail. With --minutes it begins none after that time, and draws their order from a seed, so that run
// after run asks others.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { testStack } from "@millrace/testing/stack";
import { createRandom } from "../chaos/load/random.ts";
import { copyCheckout } from "../chaos/system/copy-checkout.ts";
import { MUTANTS } from "./all.ts";
import { runMutant } from "./run-mutant.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
/** Each with servers and a copy of its own: most of a test is waiting, and two keep two cores busy. */
const SHARDS = 2;

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    minutes: { type: "string", default: "Infinity" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 1e9)) },
    shard: { type: "string" },
  },
});
const endsAt = performance.now() + Number(values.minutes) * 60_000;
const named = drawn(MUTANTS.filter(({ name }) => name.includes(values.only)));
if (Number.isNaN(endsAt)) {
  console.error(`--minutes is "${values.minutes}"; expected a number`);
  process.exit(2);
}
if (named.length === 0) {
  console.error(`No mutant's name holds "${values.only}".`);
  process.exit(2);
}
if (values.shard === undefined && named.length > SHARDS) process.exit(await runShards());
const chosen = named.filter(
  (_, index) => values.shard === undefined || index % SHARDS === Number(values.shard),
);

const stack = await testStack();
const copy = mkdtempSync(join(tmpdir(), "millrace-mutants-"));
let killed = 0;
let failed = 0;
try {
  copyCheckout(ROOT, copy);
  // biome-ignore lint/style/noProcessEnv: what every process inherits from the machine, PATH and the like
  const inherited = process.env;
  const environment = {
    ...inherited,
    NO_COLOR: "1",
    MILLRACE_TEST_STACK: "external",
    DATABASE_URL: stack.databaseUrl,
    KAFKA_BROKERS: stack.brokers.join(","),
  };
  for (const [index, mutant] of chosen.entries()) {
    if (performance.now() > endsAt) break;
    const startedAt = performance.now();
    const verdict = await runMutant(mutant, { root: copy, environment });
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
    console.log(`${index + 1}/${chosen.length} ${verdict.is} in ${seconds} s: ${mutant.name}`);
    if (verdict.is === "killed") {
      killed++;
      continue;
    }
    failed++;
    console.log(`  ${mutant.file}\n  ${mutant.test}: ${mutant.killedBy}\n${verdict.output}`);
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
  await stack.stop();
}
const left = chosen.length - killed - failed;
console.log(
  `${killed} mutants killed, ${failed} not${left > 0 ? `, ${left} not asked for want of time` : ""}`,
);
process.exit(failed === 0 ? 0 : 1);

/** Answers 0 where every mutant of every shard was killed. */
async function runShards(): Promise<number> {
  const shards = Array.from({ length: SHARDS }, (_, shard) =>
    Bun.spawn([process.execPath, import.meta.path, ...words(shard)], {
      stdio: ["ignore", "inherit", "inherit"],
    }),
  );
  const codes = await Promise.all(shards.map(({ exited }) => exited));
  return codes.every((code) => code === 0) ? 0 : 1;
}

function words(shard: number): string[] {
  const { only, minutes, seed } = values;
  return ["--only", only, "--minutes", minutes, "--seed", seed, "--shard", String(shard)];
}

/** As they are listed, unless there may be too little time for all. */
function drawn<Mutant>(mutants: readonly Mutant[]): Mutant[] {
  const left = [...mutants];
  if (values.minutes === "Infinity") return left;
  if (values.shard === undefined) console.log(`mutants drawn from seed ${values.seed}`);
  const random = createRandom(Number(values.seed));
  const order: Mutant[] = [];
  while (left.length > 0) order.push(...left.splice(random.between(0, left.length), 1));
  return order;
}
