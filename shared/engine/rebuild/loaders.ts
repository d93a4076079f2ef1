// A copy's ranges loaded by a few threads: what is made of events costs as much as what Postgres does with it, and
// the process that began the rebuild is not held up by either.
import { Failure } from "@millrace/platform/failure";
import type { ReadModel } from "@millrace/read-models/read-model";
import type { Range } from "./load.ts";

/** Everything is plain data. */
export type ToLoader =
  | {
      readonly type: "begin";
      readonly databaseUrl: string;
      readonly projection: string;
      /** Of its topics, by the category of the streams that they carry. */
      readonly partitions: Readonly<Record<string, number>>;
    }
  /** Answers one "ask"; undefined where none is left. */
  | { readonly type: "range"; readonly range: Range | undefined }
  /** Ends each range after the chunk under way. */
  | { readonly type: "halt" };

export type FromLoader =
  | { readonly type: "ask" }
  | { readonly type: "loaded"; readonly events: number }
  | { readonly type: "failed"; readonly message: string; readonly retryable: boolean }
  /** Nothing of it is under way any more. */
  | { readonly type: "ended" };

export interface LoadersOptions {
  readonly databaseUrl: string;
  /** See RebuildOptions. */
  readonly loader: URL;
  readonly model: ReadModel;
  readonly partitions: Readonly<Record<string, number>>;
  onLoaded(events: number): void;
}

/** On two cores they and Postgres leave none idle. */
const LOADERS = 2;

/** Ends when all ranges are loaded, or none is under way any more. @throws Failure `load_failed`: the first one's. */
export async function loadRanges(options: LoadersOptions, ranges: readonly Range[]): Promise<void> {
  const queue = [...ranges];
  const loaders = new Set<Worker>();
  let failure: Failure | undefined;
  const fail = (message: string, retryable: boolean) => {
    failure ??= new Failure("load_failed", message, retryable);
    queue.length = 0;
    for (const loader of loaders) say(loader, { type: "halt" });
  };
  const load = () =>
    new Promise<void>((resolve) => {
      const loader = new Worker(options.loader, { name: "rebuild" });
      const end = () => {
        loaders.delete(loader);
        loader.terminate();
        resolve();
      };
      const die = (cause: string) => {
        if (!loaders.has(loader)) return;
        fail(`A loader's thread died: ${cause}`, true);
        end();
      };
      loaders.add(loader);
      loader.onmessage = ({ data }: MessageEvent<FromLoader>) => {
        if (data.type === "ask") say(loader, { type: "range", range: queue.shift() });
        else if (data.type === "loaded") options.onLoaded(data.events);
        else if (data.type === "failed") fail(data.message, data.retryable);
        else end();
      };
      loader.onerror = (event) => {
        event.preventDefault();
        die(event.message);
      };
      loader.addEventListener("close", () => die("it ended"));
      const { databaseUrl, partitions } = options;
      say(loader, { type: "begin", databaseUrl, projection: options.model.name, partitions });
    });
  await Promise.all(Array.from({ length: Math.min(LOADERS, ranges.length) }, load));
  if (failure) throw failure;
}

function say(loader: Worker, message: ToLoader): void {
  loader.postMessage(message);
}
