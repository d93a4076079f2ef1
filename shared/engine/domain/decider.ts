// The pure core: what may happen and what follows from it. Must never import a package, ask the clock,
// draw a random number or wait.

/** What a stream has come to: its state and how many events made it. */
export interface Versioned<State> {
  readonly state: State;
  /** Events in the stream so far; 0 for a stream that does not exist yet. */
  readonly version: number;
}

/** The answer to a command: the events that follow, perhaps none, or the fact that forbids it. */
export type Decision<Event, Refusal> =
  | { readonly accepted: true; readonly events: readonly Event[] }
  | { readonly accepted: false; readonly refusal: Refusal };

/** One aggregate, whole. `decide` and `evolve` are pure; time and ids arrive inside the command. */
export interface Decider<Command, State, Event, Refusal> {
  /** Storage format: the part of the stream's name before the id. */
  readonly category: string;
  readonly initialState: State;
  evolve(state: State, event: Event): State;
  decide(command: Command, state: State): Decision<Event, Refusal>;
}

export function accept<Event>(...events: Event[]): { accepted: true; events: readonly Event[] } {
  return { accepted: true, events };
}

export function refuse<Refusal>(refusal: Refusal): { accepted: false; refusal: Refusal } {
  return { accepted: false, refusal };
}

/** Left fold of a stream's events, oldest first. */
export function fold<State, Event>(
  decider: Pick<Decider<never, State, Event, unknown>, "evolve" | "initialState">,
  events: Iterable<Event>,
  from: State = decider.initialState,
): State {
  let state = from;
  for (const event of events) state = decider.evolve(state, event);
  return state;
}

/**
 * Decides several commands on one stream as one: each sees what the ones before it decided, and the first
 * refusal refuses them all.
 */
export function decideAll<Command, State, Event, Refusal>(
  decider: Decider<Command, State, Event, Refusal>,
  commands: readonly Command[],
  state: State,
): Decision<Event, Refusal> {
  const events: Event[] = [];
  let current = state;
  for (const command of commands) {
    const decision = decider.decide(command, current);
    if (!decision.accepted) return decision;
    events.push(...decision.events);
    current = fold(decider, decision.events, current);
  }
  return { accepted: true, events };
}
