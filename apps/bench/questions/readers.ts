// How soon a changed order reaches its readers, while thousands of live streams and waiting reads are open.
import { fileURLToPath } from "node:url";
import { megabytes, memoryBytes, ownOf } from "../processes.ts";
import type { Bench, Figure, Question } from "../question.ts";
import type { Readers, ReadersResult } from "../readers.ts";

const STREAMS = 2_000;
const WAITS = 5_000;
const CHANGES_A_SECOND = 500;
/** Milliseconds from a change's answer to its reader: the relay's and the projector's share is in it, too. */
const TOLD_WITHIN_MS = 100;
/** Of the query API's container in compose.yaml; here the console shares its process. */
const MEMORY_MB_MAX = 384;

export const readers: Question = {
  name: "readers",
  title: "2,000 live streams and 5,000 waiting reads, each of one order, at 500 changes a second",
  async run({ stack, seconds }: Bench): Promise<Figure[]> {
    const asked: Readers = {
      commandApi: stack.commandApi,
      queryApi: stack.queryApi,
      streams: STREAMS,
      waits: WAITS,
      perSecond: CHANGES_A_SECOND,
      seconds,
    };
    const { followed, waited, openedMs, ownDelayP99Ms, errors, changes } = await ask(asked);
    const [queryApi] = ownOf(stack.pid).filter(({ name }) => name.includes("query-api"));
    return [
      { name: "changes", unit: "changes/s", value: changes / seconds },
      { name: "told by stream, p50", unit: "ms", value: followed.p50Ms },
      { name: "told by stream, p99", unit: "ms", value: followed.p99Ms, target: { atMost: TOLD_WITHIN_MS } },
      { name: "told by stream, share", unit: "%", value: followed.share * 100, target: { atLeast: 100 } },
      { name: "waited read, p50", unit: "ms", value: waited.p50Ms },
      { name: "waited read, p99", unit: "ms", value: waited.p99Ms, target: { atMost: TOLD_WITHIN_MS } },
      { name: "all readers opened after", unit: "ms", value: openedMs },
      { name: "the measuring client's own delay, p99", unit: "ms", value: ownDelayP99Ms },
      { name: "errors", unit: "", value: errors, target: { atMost: 0 } },
      {
        name: `memory, ${queryApi?.name}`,
        unit: "MB",
        value: queryApi ? megabytes(memoryBytes(queryApi.pid)) : 0,
        target: { atMost: MEMORY_MB_MAX },
      },
    ];
  },
};

/** By a process of its own: Bun limits how many requests a process may have open, and each reader is one. */
async function ask(asked: Readers): Promise<ReadersResult> {
  const child = Bun.spawn([process.execPath, fileURLToPath(new URL("../readers.ts", import.meta.url))], {
    // biome-ignore lint/style/noProcessEnv: what every process inherits from the machine, PATH and the like
    env: { ...process.env, BUN_CONFIG_MAX_HTTP_REQUESTS: String(asked.streams + asked.waits + 1_000) },
    stdin: new Blob([JSON.stringify(asked)]),
    stdout: "pipe",
    stderr: "inherit",
  });
  return JSON.parse(await new Response(child.stdout).text()) as ReadersResult;
}
