// Connections that each send the largest body that is taken, from a process of its own: Bun's fetch keeps to 256 at once
// unless its environment says otherwise, and that is read when a process starts. Prints a status and an id a line.
export {};

const [url = "", connections = "0", orders = "0", bodyBytes = "0"] = process.argv.slice(2);
/** A request that is not answered within this, in ms, is given up and sent again. */
const TRY_MS = 60_000;
/** Between a refusal and the next try, in ms: as Retry-After asks, and no two connections at one moment. */
const PAUSE_MS = 1_000;
let left = Number(orders);

await Promise.all(
  Array.from({ length: Number(connections) }, async (_, connection) => {
    for (let n = 0; left > 0; n++) {
      left--;
      const id = `large-${connection}-${n}`;
      const body = bodyOf(id);
      for (let status = 0; status !== 201; ) {
        status = await post(body, id);
        console.log(`${status} ${id}`);
        if (status !== 201) await Bun.sleep(PAUSE_MS * (0.5 + Math.random()));
      }
    }
  }),
);

/** An order of the dialect whose words are kept twice, so many bytes long to within a line. */
function bodyOf(orderId: string): string {
  const lines = 500;
  const perLine = Math.floor((Number(bodyBytes) - 200) / lines);
  // What a line has beside its two names.
  const name = "n".repeat(Math.floor((perLine - 55) / 2));
  const products = Array.from({ length: lines }, (_, index) => ({
    id: `${index}${name}`.slice(0, Math.min(name.length, 200)),
    name: name.slice(0, 200),
    price: 1,
    quantity: 1,
  }));
  return JSON.stringify({ orderId, userId: "large", products });
}

async function post(body: string, key: string): Promise<number> {
  try {
    const response = await fetch(`${url}/orders`, {
      method: "POST",
      signal: AbortSignal.timeout(TRY_MS),
      headers: { "content-type": "application/json", "idempotency-key": key },
      body,
    });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return 0;
  }
}
