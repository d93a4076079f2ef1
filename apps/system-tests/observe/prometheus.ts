// A Prometheus with our configuration beside a system that is running: it reaches every process, evaluates every rule, wakes
// nobody, and answers all that the dashboard asks. What is asked here goes to real figures, not to a page about them.
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startChild } from "@millrace/local/child";
import { startGuard } from "@millrace/local/guard";
import { freePort } from "@millrace/local/ports";
import { readConfig } from "@millrace/platform/config";
import { ROOT } from "../guide/blocks.ts";
import { check, visible, walked } from "../walk.ts";
import { alerts, PROMETHEUS, panelQueries } from "./queries.ts";

/** Prometheus starts, looks its targets up and scrapes each of them once and again. */
const WITHIN_MS = 30_000;
/** Queries that are empty where all is well: nothing is parked. */
const EMPTY = ["Parked records"];

const config = readConfig();
/** The apps of `bun run dev`, which has no proxy. */
const PORTS: Readonly<Record<string, number>> = {
  "command-api": config.COMMAND_API_PORT,
  "query-api": config.QUERY_API_PORT,
  relay: config.RELAY_PORT,
  projector: config.PROJECTOR_PORT,
  processes: config.PROCESSES_PORT,
  console: config.CONSOLE_PORT,
};

const folder = await mkdtemp(join(tmpdir(), "millrace-prometheus-"));
const port = await freePort();
await Bun.write(join(folder, "prometheus.yaml"), await configuration());
await copyFile(join(ROOT, PROMETHEUS, "rules.yaml"), join(folder, "rules.yaml"));
const guard = startGuard();
const prometheus = startChild({
  command: [
    "prometheus",
    "--config.file=prometheus.yaml",
    `--storage.tsdb.path=${join(folder, "data")}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ],
  guard,
  cwd: folder,
  output: { file: join(folder, "log") },
});

await check("Prometheus reaches every process", () =>
  visible(async (expect) => {
    const { activeTargets } = await ask<{ activeTargets: Target[] }>("targets?state=active");
    const health = Object.fromEntries(activeTargets.map(({ labels, health }) => [labels.job, health]));
    expect(health).is(Object.fromEntries(Object.keys(PORTS).map((job) => [job, "up"])));
  }, WITHIN_MS),
);

const expected = await alerts();
await check(`each of the ${expected.length} rules is evaluated without an error`, () =>
  visible(async (expect) => {
    const { groups } = await ask<{ groups: { rules: Rule[] }[] }>("rules");
    const rules = new Map(groups.flatMap((group) => group.rules).map((rule) => [rule.name, rule]));
    const ill = expected.map(({ alert }) => rules.get(alert) ?? { name: alert, health: "missing" });
    expect(ill.filter(({ health }) => health !== "ok")).is([]);
  }, WITHIN_MS),
);

for (const { of, expr } of await panelQueries()) {
  await check(`the dashboard's "${of}" is answered: ${expr.slice(0, 60)}`, () =>
    visible(async (expect) => {
      const { result } = await query(expr.replaceAll("$__rate_interval", "10s"));
      expect(result.length > 0 || EMPTY.includes(of)).is(true);
    }, WITHIN_MS),
  );
}

await check("no alert fires on a system that is well", async (expect) => {
  const { result } = await query(`ALERTS{alertstate="firing"}`);
  expect(result.map(({ metric }) => metric)).is([]);
});

await prometheus.stop(10_000);
await guard.close();
await rm(folder, { recursive: true, force: true });
walked();

interface Target {
  readonly labels: Readonly<Record<string, string>>;
  readonly health: string;
}

interface Rule {
  readonly name: string;
  readonly health: string;
  readonly lastError?: string;
}

interface Answer {
  readonly result: readonly { readonly metric: Readonly<Record<string, string>> }[];
}

/** Ours, with the apps where they are here, and a second between two looks instead of a quarter of a minute. */
async function configuration(): Promise<string> {
  const text = await Bun.file(`${ROOT}/${PROMETHEUS}/prometheus.yaml`).text();
  const ours = Bun.YAML.parse(text) as { global: object; scrape_configs: { job_name: string }[] };
  const here = ours.scrape_configs.flatMap(({ job_name }) => {
    const at = PORTS[job_name];
    return at === undefined ? [] : [{ job_name, static_configs: [{ targets: [`127.0.0.1:${at}`] }] }];
  });
  return Bun.YAML.stringify({
    ...ours,
    global: { scrape_interval: "1s", evaluation_interval: "1s" },
    scrape_configs: here,
  });
}

function query(expr: string): Promise<Answer> {
  return ask<Answer>(`query?${new URLSearchParams({ query: expr })}`);
}

/** @throws with what Prometheus says is wrong */
async function ask<Data>(path: string): Promise<Data> {
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`);
  const said = (await answer.json()) as { status: string; data: Data; error?: string };
  if (said.status !== "success") throw new Error(`Prometheus says ${said.error}`);
  return said.data;
}
