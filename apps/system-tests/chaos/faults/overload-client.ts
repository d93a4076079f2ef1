// Far more requests at once than the command API works on, from a process of its own: Bun's fetch keeps to 256 at
// once unless its environment says otherwise, and that is read when a process starts. Prints an answer a line.
export {};

const [urls = "", run = "", clients = "0", forMs = "0"] = process.argv.slice(2);
const targets = urls.split(",");
const until = Date.now() + Number(forMs);
/** A request that is not answered by then is given up; a bound that works answers long before. */
const TRY_MS = 30_000;
/** A refused client comes back at once, well before Retry-After: this is an overload. */
const PAUSE_MS = 20;
let names = 0;

await Promise.all(
  Array.from({ length: Number(clients) }, async (_, index) => {
    while (Date.now() < until) {
      const name = `over-${run}-${names++}`;
      const startedAt = performance.now();
      const status = await post(`${targets[index % targets.length]}/orders`, name);
      console.log(`${name} ${status} ${Math.round(performance.now() - startedAt)}`);
      if (status !== 201) await Bun.sleep(PAUSE_MS);
    }
  }),
);

async function post(url: string, name: string): Promise<number> {
  try {
    const response = await fetch(url, {
      method: "POST",
      signal: AbortSignal.timeout(TRY_MS),
      headers: { "content-type": "application/json", "idempotency-key": name, "x-correlation-id": name },
      body: JSON.stringify({ orderId: name, customer: "Olga", items: ["pen"] }),
    });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return 0;
  }
}
