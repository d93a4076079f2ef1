// Samples the system at one interval, by the questions that pages ask, whether or not a browser has a page open.
import type { Log } from "@millrace/platform/log";
import { inRounds, type Rounds } from "@millrace/platform/rounds";
import { countTasks } from "@millrace/processes/metrics";
import { readOwners } from "@millrace/projector/owners";
import { readLanes } from "@millrace/store/outbox-lanes";
import { lastPosition } from "@millrace/store/position";
import type { PageContext } from "../context.ts";
import { askPostgres, type Part, part } from "../sources.ts";
import { type ProcessHealth, workersOf } from "../workers.ts";
import { type Buckets, between, quantileMs, readBuckets, sumOf } from "./command-times.ts";
import { type History, type Look, type PlaceLook, SAMPLE_EVERY_MS } from "./history.ts";

/** Time, in ms, that the command API has to answer: as long as a process has for /readyz. */
const METRICS_WITHIN_MS = 1_000;

export type SampledContext = Omit<PageContext, "history">;

export function startSampler(context: SampledContext, history: History, log: Log): Rounds {
  const times = createCommandTimes();
  return inRounds(
    async (isStopping) => {
      const look = await lookAt(context, times);
      if (!isStopping()) history.take(look);
    },
    {
      everyMs: SAMPLE_EVERY_MS,
      onFailure: (error) => log.warn({ err: error }, "no sample was taken for the console's charts"),
    },
  );
}

async function lookAt(context: SampledContext, times: CommandTimes): Promise<Look> {
  const { sql, models, processes } = context;
  const names = processes.map(({ name }) => name);
  const health = await context.health();
  const [stored, lanes, owned, tasks, accept] = await Promise.all([
    part(askPostgres("reading the last position", lastPosition(sql))),
    part(askPostgres("reading lanes", readLanes(sql))),
    part(askPostgres("reading the owners of partitions", readOwners(sql))),
    part(askPostgres("counting tasks", countTasks(sql, names))),
    times(health),
  ]);
  const workers = workersOf(health);
  const isRows = new Set(models.map(({ name }) => name));
  return {
    atMs: Date.now(),
    stored: known(stored),
    accept,
    outbox: then(lanes, (all) => ({
      records: all.reduce((sum, { records }) => sum + records, 0),
      oldestMs: Math.max(0, ...all.map(({ oldestMs }) => oldestMs)),
    })),
    tasks: then(tasks, (all) => ({
      due: all.reduce((sum, { due }) => sum + due, 0),
      stuck: all.reduce((sum, { stuck }) => sum + stuck, 0),
    })),
    places: then(owned, (all) =>
      all
        // A copy beside the live rows is no reader's: the rebuild that makes it shows its progress.
        .filter(({ projection }) => !projection.includes("@"))
        .map(({ projection, topic, partition, owner, offset }): PlaceLook => {
          const worker = workers.get(`${owner} ${topic}/${partition}`);
          return {
            ...{ projection, topic, partition, offset, isRows: isRows.has(projection) },
            lag: worker && Math.max(0, worker.highWatermark - worker.offset),
            delayMs: worker?.oldestMs,
          };
        }),
    ),
  };
}

type CommandTimes = (health: readonly ProcessHealth[]) => Promise<Look["accept"]>;

function createCommandTimes(): CommandTimes {
  let last = new Map<string, Buckets>();
  return async (health) => {
    const apis = health.filter(({ name, state }) => name === "command-api" && state !== "no answer");
    const pages = await Promise.all(
      apis.map(async ({ address }) => [address, await part(readPage(address))] as const),
    );
    const now = new Map(
      pages.flatMap(([address, page]) => (page.ok ? [[address, page.value] as const] : [])),
    );
    const since = sumOf([...now].map(([address, buckets]) => between(last.get(address), buckets)));
    last = now;
    const medianMs = quantileMs(since, 0.5);
    const p99Ms = quantileMs(since, 0.99);
    return medianMs === undefined || p99Ms === undefined ? undefined : { medianMs, p99Ms };
  };
}

async function readPage(address: string): Promise<Buckets> {
  const signal = AbortSignal.timeout(METRICS_WITHIN_MS);
  const answer = await fetch(`http://${address}/metrics`, { signal, keepalive: false });
  return readBuckets(await answer.text());
}

function known<Result>(answer: Part<Result>): Result | undefined {
  return answer.ok ? answer.value : undefined;
}

function then<Result, Made>(answer: Part<Result>, make: (value: Result) => Made): Made | undefined {
  return answer.ok ? make(answer.value) : undefined;
}
