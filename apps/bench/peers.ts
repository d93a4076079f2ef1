// The plain designs, each a process of its own on the same broker or database server, loaded the same way in
// the same run.

import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { topicOf } from "@millrace/events/topics";
import { createTopic, topicEnds } from "@millrace/kafka/admin";
import { createKafka } from "@millrace/kafka/client";
import { NO_NAMES } from "@millrace/kafka/names";
import { freePort } from "@millrace/local/ports";
import { createLog } from "@millrace/platform/log";
import { load } from "./load.ts";
import { ORDER, type OrderClient, postOrder } from "./orders.ts";
import type { Bench, Figure } from "./question.ts";
import { ACCEPTED } from "./questions/accept.ts";
import { postDifferent, readsOf } from "./questions/read.ts";
import { endWithStacks } from "./stack.ts";
import { percentile } from "./statistics.ts";
import { STEADY_PER_SECOND, timesAtRest, timesUnderLoad } from "./visibility.ts";

export const PEERS = ["express", "emmett", "hops"] as const;
export type PeerName = (typeof PEERS)[number];

/** Made of Millrace's own parts, so it runs as Millrace does, and answers reads on a port of their own. */
const PARTS: PeerName = "hops";
/** Where there is Node, the plain designs run on it, as they would. */
const RUNTIME = Bun.which("node") ?? process.execPath;

const READY_WITHIN_MS = 30_000;
const DRAIN_WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 10;
const CONNECTIONS = 64;
/** Nobody asks a peer at a pace that it can barely take: it would fall behind, and that is another question. */
const KEEPS_UP = 1.2;

/** What a peer accepts and has in its view, and how soon. Started anew for each run, on what nobody has used before. */
export async function measurePeer(name: PeerName, bench: Bench): Promise<Figure[]> {
  const ground = await GROUNDS[name](bench);
  try {
    return await measure(name, ground.words, bench.seconds);
  } finally {
    await ground.clear();
  }
}

interface Ground {
  /** What tells the peer's process where to work. */
  readonly words: readonly string[];
  clear(): Promise<void>;
}

const GROUNDS: Record<PeerName, (bench: Bench) => Promise<Ground>> = {
  // The topic goes with the stack's folder.
  express: async (bench) => ({ words: [bench.stack.broker, await newTopic(bench)], clear: async () => {} }),
  async emmett(bench) {
    const { url, clear } = await newDatabase(bench);
    return { words: [url], clear };
  },
  async hops(bench) {
    const { url, clear } = await newDatabase(bench);
    return { words: [url, bench.stack.broker, await newTopic(bench)], clear };
  },
};

/** With as many partitions as Millrace's own topic has here. */
async function newTopic({ stack }: Bench): Promise<string> {
  const topic = `peer-${crypto.randomUUID()}`;
  const kafka = createKafka({
    names: NO_NAMES,
    brokers: [stack.broker],
    clientId: "bench",
    log: createLog("bench", "silent"),
  });
  const own = await topicEnds(kafka, [topicOf("order")]);
  await createTopic(kafka, topic, own.length);
  return topic;
}

async function newDatabase({ stack, sql }: Bench): Promise<{ url: string; clear(): Promise<void> }> {
  const database = `peer_${crypto.randomUUID().replaceAll("-", "")}`;
  await sql`create database ${sql(database)}`;
  const url = new URL(stack.databaseUrl);
  url.pathname = `/${database}`;
  return {
    url: url.href,
    clear: async () => {
      await sql`drop database ${sql(database)} with (force)`;
    },
  };
}

async function measure(name: PeerName, words: readonly string[], seconds: number): Promise<Figure[]> {
  const ports = [await freePort(), await freePort()] as const;
  const peer = await startPeer(name, [...words, ...ports.map(String)]);
  const stop = endWithStacks(async () => {
    peer.kill();
    await peer.exited;
  });
  try {
    const url = `http://127.0.0.1:${ports[0]}`;
    const readUrl = name === PARTS ? `http://127.0.0.1:${ports[1]}` : url;
    const startedAt = performance.now();
    const result = await load({ url: `${url}/orders`, connections: CONNECTIONS, seconds, bodies: [ORDER] });
    const orders = await untilSettled(readUrl, result.requests - result.errors);
    const tookMs = performance.now() - startedAt;
    const perSecond = (orders / tookMs) * 1000;
    const client: OrderClient = { post: () => postOrder(url), read: (id) => untilFound(readUrl, id) };
    const visible = await timesAtRest(seconds, client);
    return [
      { name: ACCEPTED, unit: "orders/s", value: perSecond },
      { name: "accepting, p50", unit: "ms", value: result.p50Ms },
      { name: "accepting, p99", unit: "ms", value: result.p99Ms },
      { name: "errors", unit: "", value: result.errors },
      { name: "visible at rest, p50", unit: "ms", value: percentile(visible, 0.5) },
      { name: "visible at rest, p99", unit: "ms", value: percentile(visible, 0.99) },
      ...(perSecond > STEADY_PER_SECOND * KEEPS_UP ? await underLoad(seconds, client) : []),
      ...(name === PARTS ? await reading(readUrl, seconds, client) : []),
    ];
  } finally {
    await stop();
  }
}

async function underLoad(seconds: number, client: OrderClient): Promise<Figure[]> {
  const { took, errors } = await timesUnderLoad(seconds, client);
  return [
    { name: "visible at 2,000/s, p50", unit: "ms", value: percentile(took, 0.5) },
    { name: "visible at 2,000/s, p99", unit: "ms", value: percentile(took, 0.99) },
    { name: "errors at 2,000/s", unit: "", value: errors },
  ];
}

async function reading(url: string, seconds: number, client: OrderClient): Promise<Figure[]> {
  const ids = await postDifferent(() => client.post());
  await Promise.all(ids.map((id) => client.read(id)));
  const [reads, p99, errors] = await readsOf(url, ids, { seconds });
  return [reads, p99, { ...errors, name: "errors of reads" }];
}

async function startPeer(name: PeerName, words: readonly string[]) {
  const entry = fileURLToPath(new URL(`./peers/${name}.ts`, import.meta.url));
  const bundle = name === PARTS ? undefined : await bundled(entry);
  const command = bundle === undefined ? [process.execPath, entry] : [RUNTIME, bundle];
  const child = Bun.spawn([...command, ...words], { stdout: "pipe", stderr: "inherit" });
  const late = setTimeout(() => child.kill(), READY_WITHIN_MS);
  const reader = child.stdout.getReader();
  const { done } = await reader.read();
  clearTimeout(late);
  if (bundle !== undefined) rmSync(bundle);
  if (done) throw new Error(`${name} did not start`);
  return child;
}

/** By a process of its own: a resolver that was started before the packages were installed does not see them. */
async function bundled(entry: string): Promise<string> {
  const bundle = join(tmpdir(), `millrace-peer-${crypto.randomUUID()}.mjs`);
  const words = ["build", entry, "--target=node", "--format=esm", `--outfile=${bundle}`];
  const build = Bun.spawn([process.execPath, ...words], { stdout: "ignore", stderr: "inherit" });
  if ((await build.exited) !== 0) throw new Error(`${entry} can't be bundled`);
  return bundle;
}

/** Plain designs have no read that waits: their clients ask until the order is there. The parts have, and are asked once. */
async function untilFound(url: string, id: string): Promise<void> {
  const deadline = performance.now() + DRAIN_WITHIN_MS;
  for (;;) {
    const response = await fetch(`${url}/orders/${id}`);
    await response.arrayBuffer();
    if (response.ok) return;
    if (performance.now() > deadline) throw new Error(`order ${id} is not in the view`);
  }
}

/** The view's size once it holds what the generator counted. */
async function untilSettled(url: string, atLeast: number): Promise<number> {
  const deadline = performance.now() + DRAIN_WITHIN_MS;
  for (;;) {
    const { orders } = (await (await fetch(`${url}/count`)).json()) as { orders: number };
    if (orders >= atLeast) return orders;
    if (performance.now() > deadline) throw new Error(`the view holds ${orders} of ${atLeast} orders`);
    await Bun.sleep(LOOK_EVERY_MS);
  }
}
