// One order after the other, each once the system has come to rest.

/** Of a run of ten seconds; shorter ones ask fewer. */
const ORDERS_A_SECOND = 50;
const WARM_UP = 50;
const PAUSE_MS = 5;

/** How long each took in milliseconds, from before it was posted until it was read. */
export async function timesAtRest(seconds: number, postAndRead: () => Promise<void>): Promise<number[]> {
  const took: number[] = [];
  for (let n = 0; n < WARM_UP + ORDERS_A_SECOND * seconds; n++) {
    const startedAt = performance.now();
    await postAndRead();
    if (n >= WARM_UP) took.push(performance.now() - startedAt);
    await Bun.sleep(PAUSE_MS);
  }
  return took;
}
