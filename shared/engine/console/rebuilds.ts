// Rebuilds that were started from a page, at most one a read model. They run in the background, so the browser may leave.
// A process that ends in the middle of a rebuild loses nothing: the next start, from the console or from ops, goes on there.
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
  /** What this process has done in this phase, and in how long. */
  readonly since: { readonly done: number; readonly milliseconds: number };
  /** Absent while it runs. */
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
  /** The last one that this process has begun for the read model. */
  job(model: ReadModel): Job | undefined;
  /** Each begins one, and answers false where one runs already. */
  rebuild(model: ReadModel, wish: RebuildWish): boolean;
  back(model: ReadModel, wish: Pick<RebuildWish, "acceptDifferences" | "by">): boolean;
  drop(model: ReadModel, by: Doer): boolean;
  stop(): Promise<void>;
}

/** Connections for all rebuilds: each asks one thing at a time here, and opens others itself. */
const CONNECTIONS_MAX = 4;

interface RebuildTools extends Pick<RebuildOptions, "databaseUrl" | "loader"> {
  readonly kafka: KafkaClient;
  readonly log: Log;
}

export function createRebuilds({ databaseUrl, loader, kafka, log }: RebuildTools): Rebuilds {
  const jobs = new Map<string, Tracked>();
  let pool: Sql | undefined;
  const sql = () => {
    // No time limit: an index or a whole comparison may take hours.
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
