// bun run mutants [--only words-of-a-name]: switches one mechanism off after the other, in a copy of the checkout, and
// asks for each whether the test that is named for it fails. Proves that the tests of the guarantees can fail.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { testStack } from "@millrace/testing/stack";
import { copyCheckout } from "../chaos/system/copy-checkout.ts";
import { MUTANTS } from "./all.ts";
import { runMutant } from "./run-mutant.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
/** Each with servers and a copy of its own: most of a test is waiting, and two keep two cores busy. */
const SHARDS = 2;

const { values } = parseArgs({
  options: { only: { type: "string", default: "" }, shard: { type: "string" } },
});
const named = MUTANTS.filter(({ name }) => name.includes(values.only));
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
    const startedAt = performance.now();
    const verdict = await runMutant(mutant, { root: copy, environment });
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
    console.log(`${index + 1}/${chosen.length} ${verdict.is} in ${seconds} s: ${mutant.name}`);
    if (verdict.is === "killed") continue;
    failed++;
    console.log(`  ${mutant.file}\n  ${mutant.test}: ${mutant.killedBy}\n${verdict.output}`);
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
  await stack.stop();
}
console.log(`${chosen.length - failed} mutants killed, ${failed} not`);
process.exit(failed === 0 ? 0 : 1);

/** Answers 0 where every mutant of every shard was killed. */
async function runShards(): Promise<number> {
  const shards = Array.from({ length: SHARDS }, (_, shard) =>
    Bun.spawn([process.execPath, import.meta.path, "--only", values.only, "--shard", String(shard)], {
      stdio: ["ignore", "inherit", "inherit"],
    }),
  );
  const codes = await Promise.all(shards.map(({ exited }) => exited));
  return codes.every((code) => code === 0) ? 0 : 1;
}
