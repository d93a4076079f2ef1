// How fast webhooks go out, beside the same receiver asked without a store.
import { expect, test } from "bun:test";
import { eventually } from "@millrace/testing/eventually";
import { testStack } from "@millrace/testing/stack";
import { event, openPostRoom, records } from "./testing/post-room.ts";

const DELIVERIES = 5_000;
/** As many as one endpoint has places. */
const AT_ONCE = 16;
/** Of the rate of bare requests: 500 a second, each stored and signed, where a machine makes 40,000 that are neither. */
const SHARE_LEAST = 1 / 80;

test("one endpoint is sent 500 a second where 40,000 bare requests are made", async () => {
  const database = await (await testStack()).freshDatabase();
  const room = openPostRoom(database.url);
  try {
    const before = await bare(room.url("/bare"));
    await room.add("/a");
    const held = await room.hold("thing");
    for (let from = 0; from < DELIVERIES; from += 500) {
      const batch = Array.from({ length: 500 }, (_, index) => event(`thing-${from + index}`, 1));
      await held.handle(records(batch, from));
    }
    const startedMs = performance.now();
    room.send();
    await eventually(() => expect(room.on("/a")).toHaveLength(DELIVERIES), { withinMs: 60_000 });
    const sentMs = performance.now() - startedMs;
    // The machine's speed changes meanwhile: what counts is the faster of both.
    const bareMs = Math.min(before, await bare(room.url("/bare")));
    const rate = (ms: number) => Math.round((DELIVERIES / ms) * 1_000);
    const share = `1 of ${(sentMs / bareMs).toFixed(1)}, of ${1 / SHARE_LEAST} at most`;
    console.log(`webhooks: ${rate(sentMs)} a second, bare requests ${rate(bareMs)}: ${share}`);
    expect(bareMs / sentMs).toBeGreaterThan(SHARE_LEAST);
  } finally {
    await room.close();
    await database.drop();
  }
}, 120_000);

/** Milliseconds that so many bare requests take. */
async function bare(url: string): Promise<number> {
  const startedMs = performance.now();
  let left = DELIVERIES;
  const sendAll = async () => {
    while (left-- > 0) await (await fetch(url, { method: "POST", body: "{}" })).text();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, sendAll));
  return performance.now() - startedMs;
}
