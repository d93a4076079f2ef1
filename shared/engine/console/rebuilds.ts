// Rebuilds that somebody has started from a page, one a read model. They go on in the background: whoever started one
// may leave. A process that ends in the midst of one loses nothing, since it goes on where it was when it is started
// again, by whom and from wherever.
import type { KafkaClient } from "@millrace/kafka/client";
import { describe } from "@millrace/platform/failure";
import type { Log } from "@millrace/platform/log";
import { connectPostgres, type Sql } from "@millrace/platform/postgres";
import type { ReadModel } from "@millrace/read-models/read-model";
import { dropCopies, goBack } from "@millrace/rebuild/manage";
import { type Progress, type RebuildOptions, rebuild } from "@millrace/rebuild/rebuild";
import type { SwitchOutcome } from "@millrace/rebuild/switch";
import type { Doer } from "@millrace/trail/doer";

export interface Job {
  readonly what: "rebuild" | "back" | "drop";
  readonly startedAt: number;
  readonly progress: Progress | undefined;
  /** What this phase has done since this process began with it, and in how long. */
  readonly since: { readonly done: number; readonly milliseconds: number };
  /** Absent while it goes on. */
  readonly ended?:
    | { readonly is: "done"; readonly outcome?: SwitchOutcome }
    | { readonly is: "failed"; readonly cause: string };
}

export interface RebuildWish {
  readonly switch: boolean;
  readonly acceptDifferences: boolean;
  readonly by: Doer;
}

export interface Rebuilds {
  /** What this process has begun last for the read model. */
  job(model: ReadModel): Job | undefined;
  /** Each answers false where one of these goes on already. */
  rebuild(model: ReadModel, wish: RebuildWish): boolean;
  back(model: ReadModel, wish: Pick<RebuildWish, "acceptDifferences" | "by">): boolean;
  drop(model: ReadModel, by: Doer): boolean;
  stop(): Promise<void>;
}

/** A rebuild asks one thing at a time, beside the connections that it opens itself. */
const CONNECTIONS_MAX = 4;

interface RebuildTools extends Pick<RebuildOptions, "databaseUrl" | "loader"> {
  readonly kafka: KafkaClient;
  readonly log: Log;
}

export function createRebuilds({ databaseUrl, loader, kafka, log }: RebuildTools): Rebuilds {
  const jobs = new Map<string, Tracked>();
  let pool: Sql | undefined;
  const sql = () => {
    // An index or a whole comparison takes as long as it takes.
    const options = {
      url: databaseUrl,
      name: "console-rebuild",
      connectionsMax: CONNECTIONS_MAX,
      answerWithinMs: 0,
    };
    pool ??= connectPostgres(options).sql;
    return pool;
  };

  const begin = (
    model: ReadModel,
    what: Job["what"],
    work: (onProgress: (progress: Progress) => void) => Promise<SwitchOutcome | undefined>,
  ) => {
    const { name } = model;
    const former = jobs.get(name);
    if (former && !former.ended) return false;
    const tracked = new Tracked(what);
    jobs.set(name, tracked);
    log.info({ projection: name, what }, "begun from the console");
    work((progress) => tracked.show(progress)).then(
      (outcome) => {
        tracked.ended = { is: "done", ...(outcome ? { outcome } : {}) };
        log.info({ projection: name, what, switched: outcome?.switched }, "done");
      },
      (error) => {
        tracked.ended = { is: "failed", cause: describe(error) };
        log.warn({ projection: name, what, err: error }, "failed");
      },
    );
    return true;
  };

  return {
    job: (model) => jobs.get(model.name)?.job(),
    rebuild: (model, wish) =>
      begin(model, "rebuild", async (onProgress) => {
        const { outcome } = await rebuild({
          sql: sql(),
          databaseUrl,
          loader,
          kafka,
          log,
          model,
          ...wish,
          onProgress,
        });
        return outcome;
      }),
    back: (model, wish) =>
      begin(model, "back", async (onProgress) => {
        const { outcome } = await goBack({ sql: sql(), databaseUrl, kafka, log, model, ...wish, onProgress });
        return outcome;
      }),
    drop: (model, by) =>
      begin(model, "drop", async () => {
        await dropCopies({ sql: sql(), databaseUrl, model, by });
        return undefined;
      }),
    async stop() {
      await pool?.end({ timeout: 1 });
    },
  };
}

class Tracked {
  readonly what: Job["what"];
  readonly startedAt = Date.now();
  ended: Job["ended"];
  private progress: Progress | undefined;
  private phaseAt = performance.now();
  private doneBefore = 0;

  constructor(what: Job["what"]) {
    this.what = what;
  }

  show(progress: Progress): void {
    if (progress.phase !== this.progress?.phase) {
      this.phaseAt = performance.now();
      this.doneBefore = progress.done;
    }
    this.progress = progress;
  }

  job(): Job {
    return {
      what: this.what,
      startedAt: this.startedAt,
      progress: this.progress,
      since: {
        done: (this.progress?.done ?? 0) - this.doneBefore,
        milliseconds: performance.now() - this.phaseAt,
      },
      ...(this.ended ? { ended: this.ended } : {}),
    };
  }
}
