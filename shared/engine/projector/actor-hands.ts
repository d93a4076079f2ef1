// What an actor does its work with: its session and its tasks. Decides nothing; see actor-work.ts.
import { createTidier } from "@millrace/platform/tidy";
import type { ActorOptions } from "./actor.ts";
import type { Now } from "./actor-next.ts";
import { claimAll, endFormerSessions, farBehind, openSession, type Session } from "./actor-session.ts";
import type { Effect, Turn } from "./actor-work.ts";
import { Fenced } from "./checkpoint.ts";
import type { Assignment, FromActor } from "./protocol.ts";
import type { Task } from "./task.ts";

declare const self: Worker;

/** Records that a handler may be behind the first one of its topic: Kafka has them read again within seconds. */
const BEHIND_MAX = 10_000;

/** Effects that are over when they have been carried out. */
type Saying = Exclude<
  Effect,
  { do: "claim" | "take a turn" | "stand still" | "rest" | "look later" | "finish" }
>;

export function createHands(options: ActorOptions) {
  const tidier = createTidier();
  let session: Session | undefined;
  let tasks: Task[] = [];
  /** Tasks too far behind: all is read from the lowest place, so the others would stand still until these come level. */
  let left: Task[] = [];

  return {
    facts: (): Omit<Now, "ms" | "batchMax"> => ({
      left: left.length,
      behindInMs: Math.min(...tasks.map((task) => task.behindInMs() ?? Number.POSITIVE_INFINITY)),
      hasParked: tasks.some((task) => task.hasParked()),
      hasDue: tasks.some((task) => task.hasDue()),
    }),

    async claim(assignment: Assignment): Promise<void> {
      const handlers = options.handlers.filter((handler) => handler.topic === assignment.topic);
      session ??= openSession(options, assignment);
      await endFormerSessions(session);
      const claimed = await claimAll(session.db, handlers, assignment, { ...options, post });
      left = farBehind(claimed, options.behindMax ?? BEHIND_MAX);
      tasks = claimed.filter((task) => !left.includes(task));
      if (tasks.length === 0) throw new Error("An actor needs a handler for its topic");
    },

    async takeTurn(turn: Turn): Promise<void> {
      if (turn.endsFormerSessions && session) await endFormerSessions(session);
      if (turn.provesLeft) for (const task of left) await task.prove();
      if (turn.carriesOutRequests) {
        for (const task of tasks) if (task.hasParked()) await task.carryOutRequests();
      }
      switch (turn.last.do) {
        case "handle":
          for (const task of tasks) await task.handle(turn.last.batch);
          return;
        case "start over":
          for (const task of tasks) await task.startOver(turn.last.at.offset, turn.last.at.forgotten);
          // In the new topic they may be level: all of them are claimed anew.
          for (const task of left) throw new Fenced(task.checkpoint());
          return;
        case "catch up":
          for (const task of tasks) await task.catchUp();
      }
    },

    /** Where Postgres is away as well, /readyz alone says it. */
    async standStill(cause: string): Promise<void> {
      await Promise.allSettled(tasks.map((task) => task.standStill(cause)));
    },

    /** Records whose transaction fails now are read again by the next owner. */
    async finish(catchesUp: boolean): Promise<void> {
      if (catchesUp) await Promise.allSettled(tasks.map((task) => task.catchUp()));
      await session?.sql.end({ timeout: 2 });
      post({ type: "state", state: "stopped" });
    },

    say(effect: Saying): void {
      if (effect.do === "say committed") tidier.worked(effect.records, effect.bytes);
      if (effect.do === "pass") for (const task of tasks) task.pass(effect.upTo);
      else for (const message of messages(effect, tasks, left)) post(message);
    },
  };
}

function messages(
  effect: Exclude<Saying, { do: "pass" }>,
  tasks: readonly Task[],
  left: readonly Task[],
): FromActor[] {
  switch (effect.do) {
    case "say state": {
      const { state, detail } = effect;
      return [detail === undefined ? { type: "state", state } : { type: "state", state, detail }];
    }
    case "say left":
      if (left.length === 0) return [];
      return [{ type: "left", projections: left.map((task) => task.checkpoint().projection) }];
    case "say claimed": {
      const checkpoints = tasks.map((task) => task.checkpoint());
      const lowest = checkpoints.sort((one, other) => one.offset - other.offset).slice(0, 1);
      return lowest.map(({ offset, epoch, lastRecord }) => ({ type: "claimed", offset, epoch, lastRecord }));
    }
    case "say passed": {
      const offset = Math.min(...tasks.map((task) => task.offset()));
      return [{ type: "committed", offset, records: 0, bytes: 0 }];
    }
    case "say committed": {
      const { offset, records, bytes } = effect;
      return [{ type: "committed", offset, records, bytes }];
    }
  }
}

export function post(message: FromActor): void {
  self.postMessage(message);
}
