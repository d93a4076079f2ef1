// Readers of one order each, and whoever changes the orders: in a process of its own, since thousands of them are open
// at once. Reads what is asked from standard input, prints the result as JSON.
import { postOrder } from "./orders.ts";
import { percentile } from "./statistics.ts";

export interface Readers {
  readonly commandApi: string;
  readonly queryApi: string;
  readonly streams: number;
  readonly waits: number;
  readonly perSecond: number;
  readonly seconds: number;
}

interface Told {
  /** From a change's answer until its reader had it. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of the changes that were to be told, those that were. */
  readonly share: number;
}

export interface ReadersResult {
  readonly changes: number;
  readonly followed: Told;
  readonly waited: Told;
  readonly errors: number;
}

/** Begun at once: a shop's readers do not all come in the same moment. */
const AT_ONCE = 64;
const WAIT_MS = 30_000;
const TICK_MS = 5;
/** After the last change, for whoever has yet to be told. */
const LAST_WITHIN_MS = 5_000;

const asked: Readers = await Bun.stdin.json();
const ending = new AbortController();
let errors = 0;
let changing = true;

/** An order, the version that it has, and since when each of its versions has been answered. */
interface Order {
  readonly id: string;
  version: number;
  readonly answeredAt: Map<number, number>;
  /** Versions in the order in which its stream told them, and when. */
  readonly toldAt: Map<number, number>;
}

const orders: Order[] = [];
await inTurns(asked.streams, async () => {
  const id = await postOrder(asked.commandApi);
  orders.push({ id, version: 1, answeredAt: new Map(), toldAt: new Map() });
});
await inTurns(orders.length, (n) => follow(orders[n] as Order));
const waitedMs: number[] = [];
const waiting = Array.from({ length: asked.waits }, (_, n) => wait(orders[n % orders.length] as Order));

const changes = await change();
changing = false;
await untilTold();
ending.abort();
await Promise.all(waiting);

const followedMs = orders.flatMap(({ answeredAt, toldAt }) =>
  [...answeredAt].map(([version, at]) => {
    const told = toldAt.get(version);
    return told === undefined ? undefined : Math.max(0, told - at);
  }),
);
const told = followedMs.filter((ms) => ms !== undefined);
const result: ReadersResult = {
  changes,
  followed: toldOf(told, followedMs.length),
  waited: toldOf(waitedMs, waitedMs.length),
  errors,
};
console.log(JSON.stringify(result));
process.exit(0);

function toldOf(ms: readonly number[], of: number): Told {
  return { p50Ms: percentile(ms, 0.5), p99Ms: percentile(ms, 0.99), share: of === 0 ? 0 : ms.length / of };
}

/** Reads its stream and notes when each version came. A stream tells the newest: those below it are told with it. */
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
  let toldTo = 1;
  for await (const chunk of response.body ?? []) {
    const at = performance.now();
    for (const [, version] of decoder.decode(chunk, { stream: true }).matchAll(/"version":(\d+)/g)) {
      for (; toldTo < Number(version); toldTo++) order.toldAt.set(toldTo + 1, at);
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

async function untilTold(): Promise<void> {
  const deadline = performance.now() + LAST_WITHIN_MS;
  const isTold = ({ answeredAt, toldAt }: Order) =>
    [...answeredAt.keys()].every((version) => toldAt.has(version));
  while (!orders.every(isTold) && performance.now() < deadline) await Bun.sleep(TICK_MS);
}

async function inTurns(count: number, one: (n: number) => Promise<void>): Promise<void> {
  let next = 0;
  const turn = async () => {
    while (next < count) await one(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, turn));
}
