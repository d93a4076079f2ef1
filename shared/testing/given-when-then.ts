import { expect } from "bun:test";
import { type Decider, type Decision, decideAll, fold } from "@millrace/domain/decider";

/** A decider's rule as a sentence: given(decider, [events]).when(command).then([events]). */
export function given<Command, State, Event, Refusal extends { readonly code: string }>(
  decider: Decider<Command, State, Event, Refusal>,
  events: readonly Event[],
) {
  return {
    /** Several commands are decided as one, as one request's are. */
    when(commands: Command | readonly Command[]): Outcome<Event, Refusal> {
      const all: readonly Command[] = isMany(commands) ? commands : [commands];
      return outcomeOf(decideAll(decider, all, fold(decider, events)));
    },
  };
}

export interface Outcome<Event, Refusal extends { readonly code: string }> {
  then(events: readonly Event[]): void;
  thenRefused(code: Refusal["code"]): void;
}

function outcomeOf<Event, Refusal extends { readonly code: string }>(
  decision: Decision<Event, Refusal>,
): Outcome<Event, Refusal> {
  return {
    // biome-ignore lint/suspicious/noThenProperty: the sentence reads given, when, then; nobody awaits it.
    then(events) {
      expect(decision).toEqual({ accepted: true, events });
    },
    thenRefused(code) {
      expect(decision).toMatchObject({ accepted: false, refusal: { code } });
    },
  };
}

function isMany<Command>(commands: Command | readonly Command[]): commands is readonly Command[] {
  return Array.isArray(commands);
}
