// The alerts and the dashboard of shared/deploy ask for what is there: Prometheus answers a wrong name with silence, which
// looks like a system that is well.
import { describe, expect, test } from "bun:test";
import { readConfig } from "@millrace/platform/config";
import { LANES } from "@millrace/store/lanes";
import { anchorsOf, ROOT, readPage } from "../guide/blocks.ts";
import { documentedMetrics } from "./metrics-page.ts";
import {
  alertQueries,
  alerts,
  groupedBy,
  labelsShown,
  matchersIn,
  metricsIn,
  PROMETHEUS,
  panelQueries,
  type Query,
} from "./queries.ts";

const documented = new Map((await documentedMetrics()).map((metric) => [metric.name, metric]));
const rules = await alerts();
const queries = [...(await alertQueries()), ...(await panelQueries())];

/** A histogram is asked for by the names of its parts. */
function metricOf(name: string) {
  const whole = documented.get(name);
  if (whole) return whole.type === "histogram" ? undefined : whole;
  const found = documented.get(name.replace(/_(bucket|sum|count)$/, ""));
  return found?.type === "histogram" ? found : undefined;
}

/** What is wrong with a query, by what METRICS.md says; its rows are what the processes serve. */
function wrongIn({ of, expr, texts }: Query): string[] {
  const names = metricsIn(expr);
  const unknown = names.filter((name) => metricOf(name) === undefined);
  const metrics = names.flatMap((name) => metricOf(name) ?? []);
  const labels = new Set(["process", "job", "instance", ...metrics.flatMap((metric) => metric.labels)]);
  if (metrics.some(({ type }) => type === "histogram")) labels.add("le");
  if (/\bALERTS\b/.test(expr)) for (const label of ["alertname", "alertstate"]) labels.add(label);
  const matchers = matchersIn(expr);
  const grouped = groupedBy(expr);
  const asked = [...matchers.map(({ label }) => label), ...grouped].filter((label) => !labels.has(label));
  const words = metrics.flatMap((metric) => metric.words);
  const values = matchers
    .filter(({ label }) => ["state", "kind", "outcome"].includes(label))
    .flatMap((matcher) => matcher.values.filter((value) => !words.includes(value)));
  const kept = grouped.length > 0 ? new Set(grouped) : labels;
  const shown = texts.flatMap(labelsShown).filter((label) => !kept.has(label));
  return [
    ...unknown.map((name) => `${of} asks for ${name}, which no process serves`),
    ...asked.map((label) => `${of} asks by ${label}, which ${names.join(", ")} lack`),
    ...values.map((value) => `${of} asks for ${value}, which METRICS.md does not name`),
    ...shown.map((label) => `${of} shows ${label}, which its query does not keep`),
  ];
}

describe("alerts and dashboard", () => {
  // Seen to fail with a letter left out of a metric, of a label and of a label's value in rules.yaml and in millrace.json.
  test("ask for metrics, labels and values that the processes serve, and show labels that they keep", () => {
    expect(queries.flatMap(wrongIn)).toEqual([]);
    expect(queries.length).toBeGreaterThan(60);
  });

  test("a wrong name is found wherever it stands in a query", () => {
    const wrong = (expr: string, text = "") => wrongIn({ of: "it", expr, texts: [text] });
    expect(wrong("sum by (topic) (millrace_partition_lag_seconds)", "{{ $labels.topic }}")).toEqual([]);
    expect(wrong("rate(millrace_nothing_total[5m])")).toHaveLength(1);
    expect(wrong("millrace_command_duration_seconds > 1")).toHaveLength(1);
    expect(wrong("sum by (topics) (millrace_partition_lag_seconds)")).toHaveLength(1);
    expect(wrong(`millrace_partition_actor_state{state=~"idle|asleep"}`)).toHaveLength(1);
    expect(wrong("max by (topic) (millrace_partition_lag_seconds)", "{{ partition }}")).toHaveLength(1);
  });

  test("every lane of the outbox has to have a relay", () => {
    const lanes = rules.find(({ alert }) => alert === "MillraceLaneUnclaimed");
    expect(lanes?.expr).toBe(`sum(millrace_relay_lanes_held) < ${LANES}`);
  });
});

describe("an alert", () => {
  // Seen to fail with a `means` left out, an `ops` command misspelt, and a page's heading changed.
  test.each(rules.map((rule) => [rule.alert, rule] as const))(
    "%s says what happened, to what, what it means, what to do, and where to read on",
    async (_name, { labels, annotations }) => {
      const { summary, means, do: what, page, ...others } = annotations;
      expect(Object.keys(others)).toEqual([]);
      for (const text of [summary, means, what]) expect(text).toMatch(/^.{20,}\.$/);
      expect(["page", "ticket"]).toContain(labels.severity ?? "none");
      for (const [, command = ""] of `${means} ${what}`.matchAll(/`bun run ops ([a-z-]+)/g)) {
        const file = Bun.file(`${ROOT}/shared/engine/ops/commands/${command}.ts`);
        expect({ command, exists: await file.exists() }).toEqual({ command, exists: true });
      }
      if (page === undefined) return;
      const [path = "", anchor] = page.split("#");
      const anchors = anchorsOf(await readPage(path));
      if (anchor !== undefined) expect(anchors).toContain(anchor);
    },
  );

  test("has a case of its own in the rules' tests", async () => {
    const cases = await Bun.file(`${ROOT}/${PROMETHEUS}/rules.test.yaml`).text();
    const without = rules.filter(({ alert }) => !new RegExp(`^ {2}- name: ${alert}\\b`, "m").test(cases));
    expect(without).toEqual([]);
  });
});

interface Service {
  readonly image: string;
  readonly restart?: string;
}

describe("prometheus.yaml", () => {
  // Seen to fail with the proxy's job left out, another port, and a job's name changed.
  test("scrapes every app of compose.yaml where it listens, and the alert on one that is down knows them all", async () => {
    const { services } = Bun.YAML.parse(await readPage("compose.yaml")) as {
      services: Record<string, Service>;
    };
    const { scrape_configs: jobs } = Bun.YAML.parse(await readPage(`${PROMETHEUS}/prometheus.yaml`)) as {
      scrape_configs: { job_name: string; dns_sd_configs: { names: string[]; port: number }[] }[];
    };
    const ports = new Map<string, unknown>(Object.entries(readConfig({})));
    const served = Object.entries(services)
      .filter(([, { image, restart }]) => image === "millrace" && restart === "unless-stopped")
      .map(([name]) => ({
        job: name,
        names: [name],
        port: ports.get(`${name.replace("-", "_").toUpperCase()}_PORT`),
      }));
    const scraped = jobs.flatMap(({ job_name: job, dns_sd_configs: found }) =>
      found.map(({ names, port }) => ({ job, names, port })),
    );
    const byJob = (a: { job: string }, b: { job: string }) => a.job.localeCompare(b.job);
    expect(scraped.sort(byJob)).toEqual(served.sort(byJob) as typeof scraped);
    const down = rules.find(({ alert }) => alert === "MillraceProcessDown")?.expr ?? "";
    const [{ values = [] } = {}] = matchersIn(down);
    expect([...values].sort()).toEqual(served.map(({ job }) => job).sort());
  });
});

const promtool = Bun.which("promtool");
if (!promtool) console.warn("not proven: promtool is not on PATH (Debian's package prometheus has it)");

describe.skipIf(!promtool)("promtool", () => {
  // Every rule's expression was made one that never and one that always holds: each was found by its case.
  test.each([
    ["check", "rules", "rules.yaml"],
    ["check", "config", "prometheus.yaml"],
    ["test", "rules", "rules.test.yaml"],
  ] as const)("%s %s %s finds nothing", async (verb, what, file) => {
    const child = Bun.spawn(["promtool", verb, what, file], {
      ...{ cwd: `${ROOT}/${PROMETHEUS}`, stdout: "pipe", stderr: "pipe" },
    });
    const [output, errors] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
    ]);
    expect({ code: await child.exited, said: output + errors }).toMatchObject({ code: 0 });
  });
});
