// The client of `bench readers`: opens a live stream or a waiting read for each reader, and once all are open changes the
// orders that they read. Takes a `Readers` as JSON from standard input, and prints a `ReadersResult`.
import { postOrder } from "./orders.ts";
import { untilReadersOpen } from "./readers-open.ts";
import { percentile } from "./statistics.ts";

export interface Readers {
  readonly commandApi: string;
  readonly queryApi: string;
  readonly streams: number;
  readonly waits: number;
  readonly perSecond: number;
  readonly seconds: number;
}

/** How changes reached their readers. */
interface Arrival {
  /** From a change's answer until its reader had it. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Changes that reached their reader, of all changes: 1 is all. */
  readonly share: number;
}

export interface ReadersResult {
  readonly changes: number;
  readonly followed: Arrival;
  readonly waited: Arrival;
  /** From the first reader's request until all of them were open. */
  readonly openedMs: number;
  /** How late this process's own event loop was: a part of every arrival, and nothing that Millrace can help. */
  readonly ownDelayP99Ms: number;
  readonly errors: number;
}

/** Requests that open streams side by side. */
const AT_ONCE = 64;
const WAIT_MS = 30_000;
const TICK_MS = 5;
/** Longest wait after the last change, in ms, for readers that have not had theirs. */
const LAST_WITHIN_MS = 5_000;

const asked: Readers = await Bun.stdin.json();
const ending = new AbortController();
let errors = 0;
let changing = true;

interface Order {
  readonly id: string;
  /** The newest that a waiting read has had. */
  version: number;
  /** When the command API answered each version, by `performance.now()`. */
  readonly answeredAt: Map<number, number>;
  /** When its stream brought each version, by the same clock. */
  readonly arrivedAt: Map<number, number>;
}

const orders: Order[] = [];
await inTurns(asked.streams, async () => {
  const id = await postOrder(asked.commandApi);
  orders.push({ id, version: 1, answeredAt: new Map(), arrivedAt: new Map() });
});
const openingAt = performance.now();
await inTurns(orders.length, (n) => follow(orders[n] as Order));
const waitedMs: number[] = [];
const waiting = Array.from({ length: asked.waits }, (_, n) => wait(orders[n % orders.length] as Order));

await untilReadersOpen(asked);
const openedMs = performance.now() - openingAt;

const delays = watchOwnDelay();
const changes = await change();
const ownDelaysMs = delays.stop();
changing = false;
await untilArrived();
ending.abort();
await Promise.all(waiting);

const followedMs = orders.flatMap(({ answeredAt, arrivedAt }) =>
  [...answeredAt].map(([version, at]) => {
    const arrived = arrivedAt.get(version);
    return arrived === undefined ? undefined : Math.max(0, arrived - at);
  }),
);
const arrivedMs = followedMs.filter((ms) => ms !== undefined);
const result: ReadersResult = {
  changes,
  followed: arrivalOf(arrivedMs, followedMs.length),
  waited: arrivalOf(waitedMs, waitedMs.length),
  openedMs,
  ownDelayP99Ms: percentile(ownDelaysMs, 0.99),
  errors,
};
console.log(JSON.stringify(result));
process.exit(0);

function arrivalOf(ms: readonly number[], of: number): Arrival {
  return { p50Ms: percentile(ms, 0.5), p99Ms: percentile(ms, 0.99), share: of === 0 ? 0 : ms.length / of };
}

/** Follows one order. An event holds its newest version, so it brings the versions below as well. */
async function follow(order: Order): Promise<void> {
  const response = await fetch(`${asked.queryApi}/orders/${order.id}/stream?minVersion=1&wait=${WAIT_MS}`, {
    signal: ending.signal,
  });
  if (!response.ok) {
    errors++;
    return;
  }
  void read(response, order).catch(() => {
    if (!ending.signal.aborted) errors++;
  });
}

async function read(response: Response, order: Order): Promise<void> {
  const decoder = new TextDecoder();
  let arrivedTo = 1;
  for await (const chunk of response.body ?? []) {
    const at = performance.now();
    for (const [, version] of decoder.decode(chunk, { stream: true }).matchAll(/"version":(\d+)/g)) {
      for (; arrivedTo < Number(version); arrivedTo++) order.arrivedAt.set(arrivedTo + 1, at);
    }
  }
}

/** One reader: waits for the order's next version, over and over. */
async function wait(order: Order): Promise<void> {
  while (changing) {
    const version = order.version + 1;
    try {
      const response = await fetch(
        `${asked.queryApi}/orders/${order.id}?minVersion=${version}&wait=${WAIT_MS}`,
        { signal: ending.signal },
      );
      await response.arrayBuffer();
      if (response.status === 200) {
        // Its row may be read before the change's own answer has come.
        waitedMs.push(Math.max(0, performance.now() - (order.answeredAt.get(version) ?? performance.now())));
        order.version = Math.max(order.version, version);
      } else errors++;
    } catch {
      if (!ending.signal.aborted) errors++;
    }
  }
}

/** Each order in turn, at an even pace. Answers how many were changed. */
async function change(): Promise<number> {
  const underWay = new Set<Promise<void>>();
  const startedAt = performance.now();
  let sent = 0;
  const elapsed = () => (performance.now() - startedAt) / 1000;
  while (elapsed() < asked.seconds) {
    for (const due = Math.floor(elapsed() * asked.perSecond); sent < due; sent++) {
      const order = orders[sent % orders.length] as Order;
      const request = changeOne(order, sent).finally(() => underWay.delete(request));
      underWay.add(request);
    }
    await Bun.sleep(TICK_MS);
  }
  await Promise.all(underWay);
  return sent;
}

async function changeOne(order: Order, n: number): Promise<void> {
  try {
    const response = await fetch(`${asked.commandApi}/orders/${order.id}`, {
      method: "PATCH",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ customer: `reader ${n}` }),
    });
    await response.arrayBuffer();
    const at = performance.now();
    const version = Number(response.headers.get("etag")?.replaceAll('"', ""));
    if (response.ok && Number.isInteger(version)) order.answeredAt.set(version, at);
    else errors++;
  } catch {
    errors++;
  }
}

function watchOwnDelay() {
  const delaysMs: number[] = [];
  let lookedAt = performance.now();
  const looking = setInterval(() => {
    const now = performance.now();
    delaysMs.push(Math.max(0, now - lookedAt - TICK_MS));
    lookedAt = now;
  }, TICK_MS);
  return {
    stop() {
      clearInterval(looking);
      return delaysMs;
    },
  };
}

async function untilArrived(): Promise<void> {
  const deadline = performance.now() + LAST_WITHIN_MS;
  const hasArrived = ({ answeredAt, arrivedAt }: Order) =>
    [...answeredAt.keys()].every((version) => arrivedAt.has(version));
  while (!orders.every(hasArrived) && performance.now() < deadline) await Bun.sleep(TICK_MS);
}

async function inTurns(count: number, one: (n: number) => Promise<void>): Promise<void> {
  let next = 0;
  const turn = async () => {
    while (next < count) await one(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, turn));
}
