// A process's rule as a sentence: given(process, { order: [created] }).at(nowMs).next(step).
import { expect } from "bun:test";
import { fold } from "@millrace/domain/decider";
import type { Known, ProcessDefinition, Requests, States, Step, Streams } from "../process.ts";

/** What each stream holds; nothing where it is not named. */
type EventsOf<S extends Streams> = {
  readonly [Name in keyof S]?: readonly Parameters<S[Name]["codec"]["encode"]>[0][];
};

interface Given<S extends Streams, R extends Requests> {
  /** The time, and how long ago each stream began: both milliseconds. */
  at(nowMs: number, agoMs?: number): { next(step: Step<S, R>): void };
}

export function given<S extends Streams, R extends Requests, Settings>(
  { streams, next }: Pick<ProcessDefinition<S, R, Settings>, "streams" | "next">,
  settings: Settings,
  events: EventsOf<S>,
): Given<S, R> {
  return {
    at(nowMs, agoMs = 0) {
      const known = Object.entries(streams).map(([name, { decider }]): [string, Known<unknown>] => {
        const own = events[name] ?? [];
        const begunAtMs = own.length > 0 ? nowMs - agoMs : undefined;
        return [name, { state: fold(decider, own), version: own.length, begunAtMs }];
      });
      const states = Object.fromEntries(known) as States<S>;
      return {
        next: (step) => expect(next(states, nowMs, settings)).toEqual(step),
      };
    },
  };
}
