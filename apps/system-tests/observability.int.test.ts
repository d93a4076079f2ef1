// What an operator sees: every process as it is started for real, its metrics held to METRICS.md, and one
// request followed through all of them by its trace.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { fileURLToPath } from "node:url";
import { topicOf } from "@millrace/events/topics";
import { ensureTopics } from "@millrace/kafka/admin";
import { createKafka } from "@millrace/kafka/client";
import { eventTopics } from "@millrace/kafka/names";
import { createPublisher } from "@millrace/kafka/publish";
import { type Child, startChild } from "@millrace/local/child";
import { type Guard, startGuard } from "@millrace/local/guard";
import { freePort } from "@millrace/local/ports";
import { ownVariable } from "@millrace/platform/apps";
import { readConfig } from "@millrace/platform/config";
import { createLog } from "@millrace/platform/log";
import { shop } from "@millrace/shop/shop";
import { eventually } from "@millrace/testing/eventually";
import { testStack } from "@millrace/testing/stack";
import { documentedMetrics, type Metric } from "./observe/metrics-page.ts";
import { type Collector, startCollector } from "./otlp-collector.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const APPS = ["command-api", "query-api", "relay", "projector", "processes", "console"] as const;
type App = (typeof APPS)[number];

/** Two cores start five processes; their consumers join their groups. */
const READY = { withinMs: 60_000, everyMs: 100 };
const SEEN = { withinMs: 20_000, everyMs: 50 };

let guard: Guard;
let collector: Collector;
let children: Child[] = [];
let database: { url: string; drop(): Promise<void> };
let brokers: string[] = [];
const urls = new Map<App, string>();
const lines = new Map<App, Record<string, unknown>[]>();
const log = createLog("observability-test", "silent");

beforeAll(async () => {
  const stack = await testStack();
  ({ brokers } = stack);
  database = await stack.freshDatabase();
  await ensureTopics(
    createKafka({ names: shop.kafkaNames, brokers, clientId: "observability-test", log }),
    shop.topicSizing(readConfig({})),
  );
  collector = startCollector();
  guard = startGuard();
  const environment: Record<string, string | undefined> = {
    PATH: Bun.env.PATH,
    DATABASE_URL: database.url,
    KAFKA_BROKERS: brokers.join(","),
    LOG_LEVEL: "debug",
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_BSP_SCHEDULE_DELAY: "50",
  };
  for (const app of APPS) {
    const port = await freePort();
    urls.set(app, `http://127.0.0.1:${port}`);
    environment[ownVariable(app, "PORT")] = String(port);
  }
  children = APPS.map((app) =>
    startChild({
      command: [process.execPath, `apps/${app}/main.ts`],
      guard,
      cwd: ROOT,
      environment,
      output: { line: (line) => keep(app, line) },
    }),
  );
  await Promise.all(
    APPS.map((app) =>
      eventually(async () => expect((await fetch(`${urls.get(app)}/readyz`)).status).toBe(200), READY),
    ),
  );
});

afterAll(async () => {
  await Promise.all(children.map((child) => child.stop(15_000)));
  await guard?.close();
  await collector?.stop();
  await database?.drop();
}, 60_000);

function keep(app: App, line: string): void {
  if (!line.startsWith("{")) return;
  const kept = lines.get(app) ?? [];
  kept.push(JSON.parse(line));
  lines.set(app, kept);
}

function traceparentOf(traceId: string): string {
  return `00-${traceId}-00f067aa0ba902b7-01`;
}

const newTraceId = () => crypto.randomUUID().replaceAll("-", "");

function order(body: object, correlationId: string, traceId: string): Promise<Response> {
  return fetch(`${urls.get("command-api")}/orders`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-correlation-id": correlationId,
      traceparent: traceparentOf(traceId),
    },
    body: JSON.stringify(body),
  });
}

/** Each span of the trace, as `<service> <span> < <span that it is a child of>`. */
function hops(traceId: string): string[] {
  const spans = collector.spans(traceId);
  const names = new Map(spans.map((span) => [span.spanId, span.name]));
  return spans.map(({ service, name, parentSpanId }) => `${service} ${name} < ${names.get(parentSpanId)}`);
}

describe("a trace", () => {
  test("runs from the request through append, publish and projection, each hop a child of the one before", async () => {
    const traceId = newTraceId();
    const created = await order({ amount: 500 }, "followed", traceId);
    expect(created.status).toBe(201);
    const { id } = (await created.json()) as { id: string };

    await eventually(
      () =>
        expect(hops(traceId)).toEqual(
          expect.arrayContaining([
            "millrace-command-api POST /orders < undefined",
            "millrace-command-api append order < POST /orders",
            "millrace-relay send order-events < append order",
            "millrace-projector process order-events < send order-events",
            "millrace-processes process order-events < send order-events",
            "millrace-processes append payment < append order",
            "millrace-relay send payment-events < append payment",
            "millrace-projector process payment-events < send payment-events",
          ]),
        ),
      SEEN,
    );
    const server = collector.spans(traceId).find(({ name }) => name === "POST /orders");
    expect(server?.parentSpanId).toBe("00f067aa0ba902b7");
    const read = await fetch(`${urls.get("query-api")}/orders/${id}?minVersion=2`, {
      headers: { traceparent: traceparentOf(traceId) },
    });
    expect(read.status).toBe(200);
    await eventually(
      () => expect(hops(traceId)).toContain("millrace-query-api GET /orders/:id < undefined"),
      SEEN,
    );
  });

  test("shows in the logs of the processes that it runs through", async () => {
    const traceId = newTraceId();
    expect((await order({ customer: "Alice", items: ["pen"] }, "logged", traceId)).status).toBe(201);
    for (const [app, message] of [
      ["command-api", "request"],
      ["projector", "record handled"],
      ["processes", "record handled"],
    ] as const) {
      await eventually(() => {
        const line = lines.get(app)?.find((each) => each.correlationId === "logged" && each.msg === message);
        expect(line?.traceparent).toMatch(new RegExp(`^00-${traceId}-`));
      }, SEEN);
    }
  });

  test("begins in the header of a command on Kafka just as well", async () => {
    const traceId = newTraceId();
    const publisher = createPublisher(
      createKafka({ names: shop.kafkaNames, brokers, clientId: "observability-test", log }),
    );
    await publisher.publish([
      {
        topic: shop.kafkaNames.commandsTopic,
        key: null,
        value: JSON.stringify({ type: "createUser", data: { id: `traced-${traceId}`, name: "Alice" } }),
        headers: { traceparent: traceparentOf(traceId) },
      },
    ]);
    await publisher.disconnect();
    await eventually(
      () =>
        expect(hops(traceId)).toEqual(
          expect.arrayContaining([
            "millrace-command-api process orders-commands < undefined",
            "millrace-command-api append user < process orders-commands",
            "millrace-relay send user-events < append user",
            "millrace-projector process user-events < send user-events",
          ]),
        ),
      SEEN,
    );
  });
});

/** What METRICS.md says of this process. */
async function documented(app: App): Promise<Metric[]> {
  const served = ({ processes }: Metric) => processes.includes("all") || processes.includes(app);
  return (await documentedMetrics()).filter(served);
}

async function scrape(app: App): Promise<string> {
  const answer = await fetch(`${urls.get(app)}/metrics`);
  expect([answer.status, answer.headers.get("content-type")]).toEqual([
    200,
    expect.stringMatching(/^text\/plain; version=0\.0\.4/),
  ]);
  return answer.text();
}

describe("/metrics", () => {
  test.each([...APPS])("of %s is what METRICS.md says, name by name", async (app) => {
    const page = await scrape(app);
    const served = [...page.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => ({ name, type }));
    const expected = await documented(app);
    const byName = (a: { name?: string | undefined }, b: { name?: string | undefined }) =>
      String(a.name).localeCompare(String(b.name));
    expect(served.sort(byName)).toEqual(expected.map(({ name, type }) => ({ name, type })).sort(byName));
    for (const { name, labels, type } of expected) {
      const samples = [...page.matchAll(new RegExp(`^${name}(?:_bucket|_sum|_count)?\\{(.*)\\} `, "gm"))];
      for (const [, pairs = ""] of samples) {
        const names = [...pairs.matchAll(/([a-z_]+)="/g)].map((match) => match[1] as string);
        const own = names.filter((each) => each !== "process" && !(type === "histogram" && each === "le"));
        expect({ name, labels: own.sort() }).toEqual({ name, labels: [...labels].sort() });
      }
    }
  });

  test("shows that an order went through: published, projected, paid, and nothing left behind", async () => {
    await eventually(async () => {
      const relay = await scrape("relay");
      expect(sumOf(relay, "millrace_outbox_records")).toBe(0);
      expect(sumOf(relay, "millrace_outbox_oldest_age_seconds")).toBe(0);
      expect(sumOf(relay, "millrace_relay_records_published_total")).toBeGreaterThan(0);
      expect(sumOf(relay, "millrace_relay_publish_records_sum")).toBeGreaterThan(0);
      expect(sumOf(relay, "millrace_relay_lanes_held")).toBeGreaterThan(0);
      for (const app of ["projector", "processes"] as const) {
        const page = await scrape(app);
        expect(sumOf(page, "millrace_partition_lag_records")).toBe(0);
        expect(sumOf(page, "millrace_partition_lag_seconds")).toBe(0);
        expect(sumOf(page, "millrace_partition_mailbox_records")).toBe(0);
        const topics = app === "projector" ? eventTopics(shop.kafkaNames) : [topicOf("order")];
        for (const topic of topics) {
          expect(page).toMatch(
            new RegExp(`^millrace_partition_actor_state\\{.*topic="${topic}".*state="idle".*\\} 1$`, "m"),
          );
        }
      }
      const processes = await scrape("processes");
      expect(sumOf(processes, "millrace_process_call_duration_seconds_count")).toBeGreaterThan(0);
      expect(sumOf(processes, "millrace_process_tasks_due")).toBe(0);
    }, SEEN);
  });
});

/** A metric's value, summed over its samples. */
function sumOf(page: string, name: string): number {
  const samples = [...page.matchAll(new RegExp(`^${name}\\{.*\\} (\\S+)$`, "gm"))];
  expect({ name, samples: samples.length }).not.toEqual({ name, samples: 0 });
  return samples.reduce((sum, [, value]) => sum + Number(value), 0);
}
