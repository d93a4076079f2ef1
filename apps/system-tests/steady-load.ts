// Orders at a steady pace against a system that is already running, while somebody else breaks it; then the
// count: whatever was answered 2xx is there once, and nothing else is. Prints what was accepted, the longest
// time without an answer and the longest without a new row; exits 1 when an order is lost, doubled or made up.
//   bun apps/system-tests/steady-load.ts --seconds 20 --per-second 100 --stall-ms 15000
import { parseArgs } from "node:util";
import { type Answer, get, send } from "./walk.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "20" },
    "per-second": { type: "string", default: "100" },
    /** More than this without an accepted order, or without a new row, is a failure. */
    "stall-ms": { type: "string", default: "60000" },
  },
});
const SECONDS = Number(values.seconds);
const STALL_MS_MAX = Number(values["stall-ms"]);
/** Between two orders of one sender; each waits for its answer, as a client of a shop does. */
const SENDERS = 20;
const PACE_MS = (1_000 * SENDERS) / Number(values["per-second"]);
/** A request that a killed process never answers is sent again, with its key, after this. */
const ANSWER_WITHIN_MS = 3_000;
const AGAIN_MS = 100;
/** For the backlog of an outage, and the takeover of partitions whose owner was killed. */
const SETTLED_WITHIN_MS = 60_000;
const PAGE = 1_000;

const customer = `load-${crypto.randomUUID().slice(0, 8)}`;
const before = await count();
const accepted = new Set<string>();
const latest: { id: string | undefined } = { id: undefined };
const refused: string[] = [];
let repeated = 0;

const accepting = longestGap();
const appearing = longestGap();
const until = performance.now() + SECONDS * 1_000;
const watching = watchRows();
await Promise.all(Array.from({ length: SENDERS }, (_, index) => sender(index)));
accepting.end();
await watching;
appearing.end();

const failures = [...refused, ...(await settled())];
if (accepting.longestMs() > STALL_MS_MAX)
  failures.push(`nothing was accepted for ${accepting.longestMs()} ms`);
if (appearing.longestMs() > STALL_MS_MAX) failures.push(`no row appeared for ${appearing.longestMs()} ms`);
console.log(
  `${accepted.size} orders accepted in ${SECONDS} s, ${repeated} requests sent again; ` +
    `longest without an accepted order ${accepting.longestMs()} ms, without a new row ${appearing.longestMs()} ms`,
);
for (const failure of failures.slice(0, 20)) console.log(`FAILED  ${failure}`);
console.log(failures.length ? "lost or doubled" : "each is there once, and nothing else");
process.exit(failures.length ? 1 : 0);

async function sender(index: number): Promise<void> {
  await Bun.sleep((PACE_MS / SENDERS) * index);
  for (let number = 0; performance.now() < until; number++) {
    const began = performance.now();
    await order(`${customer}-${index}-${number}`);
    await Bun.sleep(Math.max(0, PACE_MS - (performance.now() - began)));
  }
}

/** Sent until it is answered: the key makes the second time the first. */
async function order(key: string): Promise<void> {
  const deadline = performance.now() + SETTLED_WITHIN_MS;
  while (performance.now() < deadline) {
    const answer = await within(
      send("POST", "/orders", { customer, items: [key] }, { "idempotency-key": key }),
    );
    if (answer?.status === 201) {
      const { id } = answer.body as { id: string };
      accepted.add(id);
      latest.id = id;
      return accepting.beat();
    }
    if (answer && answer.status !== 503) {
      refused.push(`${key}: ${answer.status} ${JSON.stringify(answer.body)}`);
      return;
    }
    repeated++;
    await Bun.sleep(AGAIN_MS);
  }
  refused.push(`${key} was not answered within ${SETTLED_WITHIN_MS} ms`);
}

/** The newest accepted order is looked for until it shows, then the next. */
async function watchRows(): Promise<void> {
  while (performance.now() < until) {
    const { id } = latest;
    const found = id ? await within(get(`/orders/${id}?minVersion=1&wait=1000`)) : undefined;
    if (found?.status === 200) appearing.beat();
    await Bun.sleep(AGAIN_MS);
  }
}

/** What is wrong with the rows once they have stopped changing. */
async function settled(): Promise<string[]> {
  const deadline = performance.now() + SETTLED_WITHIN_MS;
  for (;;) {
    const [counted, listed] = [await count(), await list()];
    const rows = new Set(listed);
    const lost = [...accepted].filter((id) => !rows.has(id)).map((id) => `${id} is lost`);
    const madeUp = listed.filter((id) => !accepted.has(id)).map((id) => `${id} was never answered`);
    const doubled = listed.length - rows.size;
    const wrong = [
      ...lost,
      ...madeUp,
      ...(doubled ? [`${doubled} rows are there twice`] : []),
      ...(counted - before === accepted.size
        ? []
        : [`the stats count ${counted - before} new orders, ${accepted.size} were accepted`]),
    ];
    if (wrong.length === 0 || performance.now() > deadline) return wrong;
    await Bun.sleep(AGAIN_MS);
  }
}

async function count(): Promise<number> {
  const stats = await within(get("/orders/stats"));
  return (stats?.body as { count?: number } | undefined)?.count ?? Number.NaN;
}

async function list(): Promise<string[]> {
  const ids: string[] = [];
  let path: string | undefined = `/orders?customer=${customer}&limit=${PAGE}`;
  while (path) {
    const page: Answer | undefined = await within(get(path));
    if (page?.status !== 200) return ids;
    ids.push(...(page.body as { id: string }[]).map(({ id }) => id));
    const next: string | undefined = /<([^>]+)>; *rel="?next"?/.exec(page.headers.get("link") ?? "")?.[1];
    path = next && new URL(next, "http://localhost").search.replace(/^/, "/orders");
  }
  return ids;
}

/** Undefined where the way to the server, or the server, is gone. */
async function within<T>(answer: Promise<T>): Promise<T | undefined> {
  return await Promise.race([
    answer.catch(() => undefined),
    Bun.sleep(ANSWER_WITHIN_MS).then(() => undefined),
  ]);
}

function longestGap() {
  let last = performance.now();
  let longest = 0;
  const beat = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  };
  return { beat, end: beat, longestMs: () => Math.round(longest) };
}
