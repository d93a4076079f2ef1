// The plain designs, each a process of its own on the same broker, loaded the same way in the same run.
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "@millrace/infrastructure/ports";
import { createTopic } from "@millrace/kafka/admin";
import { createKafka } from "@millrace/kafka/client";
import { createLog } from "@millrace/platform/log";
import { load } from "./load.ts";
import { ORDER } from "./orders.ts";
import type { Bench, Figure } from "./question.ts";

export const PEERS = ["express"] as const;
export type PeerName = (typeof PEERS)[number];

const READY_WITHIN_MS = 30_000;
const DRAIN_WITHIN_MS = 30_000;
const CONNECTIONS = 64;
/** As many as Millrace's own topic has by default. */
const PARTITIONS = 4;

/** Throughput of a peer: accepted and in its view. Started anew for each run, on a topic of its own. */
export async function measurePeer(name: PeerName, { stack, seconds }: Bench): Promise<Figure[]> {
  const topic = `peer-${name}-${crypto.randomUUID()}`;
  const kafka = createKafka({
    brokers: [stack.broker],
    clientId: "bench",
    log: createLog("bench", "silent"),
  });
  await createTopic(kafka, topic, PARTITIONS);
  const port = await freePort();
  const peer = await startPeer(name, [stack.broker, topic, String(port)]);
  try {
    const url = `http://127.0.0.1:${port}`;
    const startedAt = performance.now();
    const result = await load({ url: `${url}/orders`, connections: CONNECTIONS, seconds, body: ORDER });
    const loadMs = performance.now() - startedAt;
    const orders = await untilSettled(url, result.requests);
    const behindMs = performance.now() - startedAt - loadMs;
    return [
      { name: "accepted and readable", unit: "orders/s", value: (orders / (loadMs + behindMs)) * 1000 },
      { name: "accepting, p99", unit: "ms", value: result.p99Ms },
    ];
  } finally {
    peer.kill();
    await peer.exited;
  }
}

/** On Node where there is one, since that is what such designs run on; else on Bun. */
async function startPeer(name: PeerName, args: readonly string[]) {
  const entry = fileURLToPath(new URL(`./peers/${name}.ts`, import.meta.url));
  const bundle = join(tmpdir(), `millrace-peer-${crypto.randomUUID()}.mjs`);
  const built = await Bun.build({ entrypoints: [entry], target: "node", format: "esm" });
  await Bun.write(bundle, await (built.outputs[0] as Blob).text());
  const runtime = Bun.which("node") ?? process.execPath;
  const child = Bun.spawn([runtime, bundle, ...args], { stdout: "pipe", stderr: "inherit" });
  const late = setTimeout(() => child.kill(), READY_WITHIN_MS);
  const reader = child.stdout.getReader();
  const { done } = await reader.read();
  clearTimeout(late);
  rmSync(bundle);
  if (done) throw new Error(`${name} did not start`);
  return child;
}

/** The view's size once it holds what the generator counted. */
async function untilSettled(url: string, atLeast: number): Promise<number> {
  const deadline = performance.now() + DRAIN_WITHIN_MS;
  for (;;) {
    const { orders } = (await (await fetch(`${url}/count`)).json()) as { orders: number };
    if (orders >= atLeast) return orders;
    if (performance.now() > deadline) throw new Error(`the view holds ${orders} of ${atLeast} orders`);
    await Bun.sleep(10);
  }
}
