// A thread that loads ranges of a copy, a few side by side: one prepares its rows while Postgres has the others'. It
// asks for each; see loaders.ts, which starts it.
import { parseStreamName } from "@millrace/events/envelope";
import { partitionOf } from "@millrace/kafka/partition-of";
import { describe, isRetryable } from "@millrace/platform/failure";
import { BY_INDEX, connectPostgres } from "@millrace/platform/postgres";
import type { ReadModel } from "@millrace/read-models/read-model";
import { connectCopy } from "./copy-connections.ts";
import { loadRange, type Range } from "./load.ts";
import type { FromLoader, ToLoader } from "./loaders.ts";

declare const self: Worker;

/** Each has two connections: one reads ahead. */
const RANGES_AT_ONCE = 2;

const halt = new AbortController();
const asking: ((range: Range | undefined) => void)[] = [];

/** Makes this thread a loader. Called once, by a worker's main file. */
export function runLoader(models: readonly ReadModel[]): void {
  self.onmessage = ({ data }: MessageEvent<ToLoader>) => {
    switch (data.type) {
      case "begin":
        void run(models, data);
        break;
      case "range":
        asking.shift()?.(data.range);
        break;
      case "halt":
        halt.abort();
    }
  };
}

type Begin = Extract<ToLoader, { type: "begin" }>;

async function run(models: readonly ReadModel[], { databaseUrl, projection, partitions }: Begin) {
  const model = models.find(({ name }) => name === projection);
  if (!model) return fail(new Error(`The loader's module knows no read model ${projection}`));
  const { sql } = connectPostgres({
    url: databaseUrl,
    name: "rebuild",
    connectionsMax: RANGES_AT_ONCE,
    // A chunk takes as long as it takes.
    answerWithinMs: 0,
    settings: BY_INDEX,
  });
  const copy = connectCopy(databaseUrl, "next");
  const options = {
    sql,
    shadow: copy.db,
    model,
    partitionOf(stream: string) {
      const { category, aggregateId } = parseStreamName(stream);
      return partitionOf(aggregateId, partitions[category] ?? 1);
    },
    signal: halt.signal,
    onLoaded: (events: number) => post({ type: "loaded", events }),
  };
  const loadSome = async () => {
    for (let range = await ask(); range; range = await ask()) await loadRange(options, range);
  };
  await Promise.all(Array.from({ length: RANGES_AT_ONCE }, () => loadSome().catch(fail)));
  await Promise.all([sql.end({ timeout: 5 }), copy.end()]);
  post({ type: "ended" });
}

function fail(error: unknown): void {
  post({ type: "failed", message: describe(error), retryable: isRetryable(error) });
}

function ask(): Promise<Range | undefined> {
  return new Promise((resolve) => {
    asking.push(resolve);
    post({ type: "ask" });
  });
}

function post(message: FromLoader): void {
  self.postMessage(message);
}
