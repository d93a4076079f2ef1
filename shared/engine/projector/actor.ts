// A partition's actor: one thread that owns one partition and nothing else. Its modes are ActorState's
// (protocol.ts). It claims its handlers' checkpoints, then works through its mailbox, a batch a transaction.
// Must never write without moving a checkpoint that it owns in the same transaction.
import { unpackRecords } from "@millrace/kafka/packed-records";
import { describe } from "@millrace/platform/failure";
import { isPostgresAway } from "@millrace/platform/postgres";
import { createHands, post } from "./actor-hands.ts";
import { next } from "./actor-next.ts";
import { type Effect, type Failure, type Input, type Step, step, UNBEGUN } from "./actor-work.ts";
import { Halted } from "./breaker.ts";
import { Fenced } from "./checkpoint.ts";
import type { RecordHandler } from "./handler.ts";
import { WaitingForNewerCode } from "./newer.ts";
import type { ToActor } from "./protocol.ts";

export interface ActorOptions {
  readonly databaseUrl: string;
  /** Shown in pg_stat_activity, with the partition. */
  readonly name: string;
  readonly handlers: readonly RecordHandler[];
  /** Records in one transaction; fewer where they are large. */
  readonly batchMax: number;
  /** Tries of a record that fails before it is parked. */
  readonly attemptsMax: number;
  /** Records that a handler may be behind the first one of its topic before the others no longer wait for it. */
  readonly behindMax?: number;
}

declare const self: Worker;

/** Makes this thread an actor. Called once, by a worker's main file. */
export function runActor(options: ActorOptions): void {
  const hands = createHands(options);
  let work = UNBEGUN;
  let later: ReturnType<typeof setTimeout> | undefined;
  let resting: ReturnType<typeof setTimeout> | undefined;

  const take = (input: Input) => {
    carryOut(step(work, input, Date.now()));
    goOn();
  };
  const goOn = () => carryOut(next(work, { ms: Date.now(), batchMax: options.batchMax, ...hands.facts() }));
  const carryOut = (to: Step) => {
    work = to.work;
    for (const effect of to.effects) act(effect);
  };
  const attempt = (job: Promise<void>, done: Input) =>
    void job.then(
      () => take(done),
      (error: unknown) => take({ is: "failed", failure: failureOf(error) }),
    );

  const act = (effect: Effect) => {
    switch (effect.do) {
      case "claim":
        return attempt(hands.claim(effect.assignment), { is: "claimed" });
      case "take a turn":
        return attempt(hands.takeTurn(effect.turn), { is: "turn done" });
      case "stand still":
        return void hands.standStill(effect.cause).then(() => take({ is: "stands still" }));
      case "rest":
        resting = setTimeout(() => take({ is: "rested" }), effect.ms);
        return;
      case "look later":
        clearTimeout(later);
        if (effect.ms !== undefined) later = setTimeout(goOn, effect.ms);
        return;
      case "finish":
        clearTimeout(later);
        clearTimeout(resting);
        return void hands.finish(effect.catchesUp);
      default:
        return hands.say(effect);
    }
  };

  self.onmessage = ({ data }: MessageEvent<ToActor>) => {
    switch (data.type) {
      case "claim":
        return take({ is: "assigned", assignment: data.assignment });
      case "start-over":
        return take({ is: "start over", at: data });
      case "records": {
        const records = unpackRecords(work.assignment?.partition ?? 0, data.packed);
        return take({ is: "records", records, upTo: data.upTo });
      }
      case "stop":
        return take({ is: "stopping" });
    }
  };
  post({ type: "ready" });
}

function failureOf(error: unknown): Failure {
  const cause = describe(error);
  if (error instanceof Fenced) return { kind: "fenced", cause: error.message };
  if (error instanceof Halted) return { kind: "halted", cause };
  if (error instanceof WaitingForNewerCode) return { kind: "waiting-for-newer-code", cause };
  return { kind: "other", cause, isPostgresAway: isPostgresAway(error) };
}
