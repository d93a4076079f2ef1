// Installations that run already, such as compose's, asked in turn over HTTP alone: orders made readable, and how soon one is
// visible at a steady pace. Prints medians, and each as a multiple of the first's.
//   bun apps/bench/deployed.ts --at one=http://localhost:3001,http://localhost:3002 --at three=http://…,http://…
import { parseArgs } from "node:util";
import { load } from "./load.ts";
import { millraceOrders, ORDER } from "./orders.ts";
import { pacedLoad } from "./paced-load.ts";
import type { Figure } from "./question.ts";
import { printTable, type Summary, summarize } from "./report.ts";
import { percentile } from "./statistics.ts";

const { values } = parseArgs({
  options: {
    /** Its name, then where its command API and its query API are. */
    at: { type: "string", multiple: true },
    rounds: { type: "string", default: "3" },
    /** Of each load. */
    seconds: { type: "string", default: "5" },
    /** Orders a second of the steady pace. */
    rate: { type: "string", default: "100" },
  },
});
const CONNECTIONS = 32;
const FOLLOWED = 5;
const READABLE_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 20;
const PER_SECOND = "accepted and readable";

interface Place {
  readonly name: string;
  readonly commandApi: string;
  readonly queryApi: string;
}

const places = (values.at ?? []).map(placeOf);
if (places.length === 0) throw new Error("--at names nothing to ask");
const [rounds, seconds, rate] = [values.rounds, values.seconds, values.rate].map(Number) as [
  number,
  number,
  number,
];
const figures = new Map<string, Figure[][]>();
for (let round = 0; round < rounds; round++) {
  for (const place of places) {
    const measured = [...(await throughput(place)), ...(await visibility(place))];
    figures.set(place.name, [...(figures.get(place.name) ?? []), measured]);
  }
}
const summaries = [...figures].flatMap(([name, of]) => summarize(name, of));
console.log(printTable(summaries));
for (const line of multiples(summaries)) console.log(line);
process.exit(summaries.some(({ met }) => met === false) ? 1 : 0);

/** @throws Error for words that name no place */
function placeOf(words: string): Place {
  const [, name, commandApi, queryApi] = words.match(/^([\w-]+)=(http[^,]+),(http[^,]+)$/) ?? [];
  if (name && commandApi && queryApi) return { name, commandApi, queryApi };
  throw new Error(`--at is "${words}"; expected <name>=<command API>,<query API>`);
}

/** Until the last order can be read, as its query API counts them: what was broken off at the end counts as well. */
async function throughput({ commandApi, queryApi }: Place): Promise<Figure[]> {
  const before = await readable(queryApi);
  const startedAt = performance.now();
  const result = await load({
    url: `${commandApi}/orders`,
    connections: CONNECTIONS,
    seconds,
    bodies: [ORDER],
  });
  const loadEndedAt = performance.now();
  let orders = (await readable(queryApi)) - before;
  let lastAt = performance.now();
  // At rest once it has stood for a second; that second is not counted.
  while (performance.now() - lastAt < 1_000) {
    if (lastAt - loadEndedAt > READABLE_WITHIN_MS)
      throw new Error("orders go on appearing long after the last was sent");
    await Bun.sleep(LOOK_EVERY_MS);
    const now = (await readable(queryApi)) - before;
    if (now !== orders) [orders, lastAt] = [now, performance.now()];
  }
  return [
    { name: PER_SECOND, unit: "orders/s", value: (orders / (lastAt - startedAt)) * 1_000 },
    { name: "accepting, p50", unit: "ms", value: result.p50Ms },
    { name: "accepting, p99", unit: "ms", value: result.p99Ms },
    { name: "refused", unit: "", value: result.errors, target: { atMost: 0 } },
    { name: "not readable", unit: "", value: Math.max(0, result.requests - orders), target: { atMost: 0 } },
  ];
}

async function visibility(place: Place): Promise<Figure[]> {
  const tookMs: number[] = [];
  const { perSecond, errors } = await pacedLoad(millraceOrders(place), {
    seconds,
    perSecond: rate,
    followed: FOLLOWED,
    onVisible: (ms) => tookMs.push(ms),
  });
  return [
    { name: "sent at a steady pace", unit: "orders/s", value: perSecond },
    { name: "visible, p50", unit: "ms", value: percentile(tookMs, 0.5) },
    { name: "visible, p99", unit: "ms", value: percentile(tookMs, 0.99) },
    { name: "errors", unit: "", value: errors, target: { atMost: 0 } },
  ];
}

async function readable(queryApi: string): Promise<number> {
  const answer = await fetch(`${queryApi}/orders/stats`);
  const { count } = (await answer.json()) as { count?: number };
  if (count === undefined) throw new Error(`GET /orders/stats answered ${answer.status}`);
  return count;
}

/** Of the others' medians, how many times the first's they are. */
function multiples(all: readonly Summary[]): string[] {
  const [first, ...others] = places;
  return others.flatMap(({ name }) =>
    [PER_SECOND, "visible, p50", "visible, p99"].map((figure) => {
      const of = (question = "") =>
        all.find((one) => one.question === question && one.figure === figure)?.median;
      const times = (of(name) ?? Number.NaN) / (of(first?.name) ?? Number.NaN);
      return `${name}: ${figure} is ${times.toFixed(2)} times that of ${first?.name}`;
    }),
  );
}
