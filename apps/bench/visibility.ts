// How long it takes from before an order is posted until it has been read, for whichever system takes and shows it.
import type { OrderClient } from "./orders.ts";
import { type PacedResult, pacedLoad } from "./paced-load.ts";

/** Of a run of ten seconds; shorter ones ask fewer. */
const ORDERS_A_SECOND = 50;
const WARM_UP = 50;
const PAUSE_MS = 5;

export const STEADY_PER_SECOND = 2_000;
const FOLLOWED = 20;

/** One order after the other, each once the system has come to rest. In milliseconds. */
export async function timesAtRest(seconds: number, orders: OrderClient): Promise<number[]> {
  const took: number[] = [];
  for (let n = 0; n < WARM_UP + ORDERS_A_SECOND * seconds; n++) {
    const startedAt = performance.now();
    await orders.read(await orders.post());
    if (n >= WARM_UP) took.push(performance.now() - startedAt);
    await Bun.sleep(PAUSE_MS);
  }
  return took;
}

/** At a steady 2,000 a second. In milliseconds. */
export async function timesUnderLoad(
  seconds: number,
  orders: OrderClient,
): Promise<PacedResult & { readonly took: readonly number[] }> {
  const took: number[] = [];
  const result = await pacedLoad(orders, {
    seconds,
    perSecond: STEADY_PER_SECOND,
    followed: FOLLOWED,
    onVisible: (ms) => took.push(ms),
  });
  return { ...result, took };
}
