// The report at a run's end, for people.
import type { Report } from "./schedule.ts";

export function printReport({ seed, faults, commands, crashes, verdict, passed }: Report): string {
  const { findings, stock, webhooks } = verdict;
  const sorted = [...faults].sort((a, b) => a.name.localeCompare(b.name));
  const rows = sorted.map(
    ({ name, times, worstRecoveryMs, failures }) =>
      `  ${name.padEnd(24)}${String(times).padStart(6)}${String(worstRecoveryMs).padStart(14)}${String(failures.length).padStart(10)}`,
  );
  return [
    "",
    `seed ${seed}`,
    `  ${"fault".padEnd(24)}${"times".padStart(6)}${"worst ms".padStart(14)}${"failures".padStart(10)}`,
    ...rows,
    `commands        ${commands.acknowledged} acknowledged, ${commands.submitted} taken for later, ${commands.refused} refused, ${commands.unknown} without an answer`,
    `events          ${verdict.events} in the store, ${verdict.records} records on Kafka, ${verdict.repeated} of them repeated`,
    `read models     ${verdict.rows} rows compared; ${verdict.charges} charges`,
    `kept goods      ${stock.ordersOfKept} orders of them: ${stock.served} served, ${stock.short} refused for want of them`,
    `webhooks        ${webhooks.events} events to be sent, ${webhooks.repeated} of them came again`,
    `at rest after   ${Math.round(verdict.quietMs)} ms`,
    `ended by itself ${crashes.length === 0 ? "nothing" : crashes.join(", ")}`,
    "",
    `acknowledged and lost   ${findings.lost}`,
    `applied twice           ${findings.twice}`,
    `out of order            ${findings.outOfOrder}`,
    `skipped by the relay    ${findings.skipped}`,
    `otherwise wrong         ${findings.wrong}`,
    ...findings.examples.map((example) => `  ${example}`),
    ...faults.flatMap(({ name, failures }) => failures.map((failure) => `  ${name}: ${failure}`)),
    "",
    passed ? "PASSED" : "FAILED",
  ].join("\n");
}
