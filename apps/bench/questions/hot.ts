// One order that many change at once, none of them naming a version: over one command API and over two.
import { join } from "node:path";
import { freePort } from "@millrace/local/ports";
import { type LoadResult, load } from "../load.ts";
import { postOrder } from "../orders.ts";
import type { Bench, Figure, Question } from "../question.ts";
import { endWithStacks, ROOT } from "../stack.ts";

/** What is compared with a peer's orders. */
export const HOT = "changes, 64 connections";

/** Different ones follow each other, whatever API they come by, since to change nothing adds no event. */
const changesFor = (api: string) =>
  Array.from({ length: 1_000 }, (_, n) => JSON.stringify({ customer: `${n} of ${api}` }));
const READY_WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 50;

export const hot: Question = {
  name: "hot",
  title: "changes of one order a second, by 1, 16 and 64 connections and over two command APIs",
  async run(bench: Bench): Promise<Figure[]> {
    const { commandApi } = bench.stack;
    const one = await changeOne(bench, [commandApi], 1);
    const some = await changeOne(bench, [commandApi], 16);
    const many = await changeOne(bench, [commandApi], 64);
    const second = await startCommandApi(bench);
    const twice = await changeOne(bench, [commandApi, second.url], 64).finally(second.stop);
    const all = [one, some, many, twice];
    const changes = (name: string, value: number, target?: Figure["target"]): Figure => ({
      name,
      unit: "changes/s",
      value,
      ...(target === undefined ? {} : { target }),
    });
    return [
      changes("changes, 1 connection", one.perSecond),
      changes("changes, 16 connections", some.perSecond, { atLeast: one.perSecond }),
      changes(HOT, many.perSecond, { atLeast: one.perSecond }),
      changes("changes, 64 connections over two", twice.perSecond, { atLeast: one.perSecond }),
      { name: "changing, p99, 64 connections", unit: "ms", value: many.p99Ms },
      { name: "errors", unit: "", value: sum(all.map(({ errors }) => errors)), target: { atMost: 0 } },
      { name: "answered and lost", unit: "", value: sum(all.map(({ lost }) => lost)), target: { atMost: 0 } },
    ];
  },
};

interface Changed {
  readonly perSecond: number;
  readonly p99Ms: number;
  readonly errors: number;
  readonly lost: number;
}

async function changeOne(
  { stack, sql, seconds }: Bench,
  apis: readonly string[],
  connections: number,
): Promise<Changed> {
  const id = await postOrder(stack.commandApi);
  const loads = await Promise.all(
    apis.map((api) =>
      load({
        url: `${api}/orders/${id}`,
        connections: connections / apis.length,
        seconds,
        bodies: changesFor(api),
        method: "PATCH",
      }),
    ),
  );
  const [row] = await sql`
    select count(*)::integer - 1 as changes from events where stream = ${`order-${id}`}`;
  const answered = sum(loads.map(({ requests, errors }) => requests - errors));
  const took = Math.max(...loads.map((each: LoadResult) => each.seconds));
  return {
    perSecond: row?.changes / took,
    p99Ms: Math.max(...loads.map(({ p99Ms }) => p99Ms)),
    errors: sum(loads.map(({ errors }) => errors)),
    lost: Math.max(0, answered - row?.changes),
  };
}

async function startCommandApi({ stack }: Bench): Promise<{ url: string; stop(): Promise<void> }> {
  const port = await freePort();
  const child = Bun.spawn([process.execPath, join(ROOT, "apps/command-api/main.ts")], {
    cwd: ROOT,
    env: {
      // biome-ignore lint/style/noProcessEnv: what every process inherits from the machine, PATH and the like
      ...process.env,
      DATABASE_URL: stack.databaseUrl,
      KAFKA_BROKERS: stack.broker,
      COMMAND_API_PORT: String(port),
      LOG_LEVEL: "warn",
    },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "inherit",
  });
  const stop = endWithStacks(async () => {
    child.kill("SIGTERM");
    await child.exited;
  });
  const url = `http://127.0.0.1:${port}`;
  const deadline = performance.now() + READY_WITHIN_MS;
  while (!(await isReady(url))) {
    if (performance.now() > deadline) throw new Error("the second command API was not ready in time");
    await Bun.sleep(LOOK_EVERY_MS);
  }
  return { url, stop };
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`)).ok;
  } catch {
    return false;
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
