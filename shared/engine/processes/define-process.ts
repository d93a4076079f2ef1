// A process without the types of its streams, as actors, dispatchers and operators take it.
import { streamName } from "@millrace/events/envelope";
import type { Log } from "@millrace/platform/log";
import type { MayHaveEffect, RecordHandler } from "@millrace/projector/handler";
import type { EventStore } from "@millrace/store/transact";
import { type Advance, advance } from "./advance.ts";
import type { OnCall } from "./call.ts";
import type { CallbackSource } from "./callback-source.ts";
import type { Outside, ProcessDefinition, Requests, Streams, Wake } from "./process.ts";
import { taskHandler } from "./task-handler.ts";

export interface Process {
  readonly name: string;
  readonly projection: string;
  readonly callbacks: CallbackSource | undefined;
  /** Names of the streams of a key. */
  streamsOf(key: string): string[];
  /** One handler for each topic that wakes it. */
  readonly handlers: readonly RecordHandler[];
  /** Once, at the start. @throws InvalidConfig */
  open(outside: Outside): OpenProcess;
}

export interface OpenProcess {
  readonly name: string;
  readonly keysMax: number;
  readonly callMsMax: number;
  readonly about: Readonly<Record<string, string>>;
  /** Takes one key as far as it can be taken. @throws as `advance` does */
  advance(
    tools: { readonly store: EventStore; readonly log: Log; readonly onCall?: OnCall | undefined },
    key: string,
    stopping: AbortSignal,
  ): Promise<Advance>;
}

/** @throws for a topic that wakes it twice */
export function defineProcess<S extends Streams, R extends Requests, Settings>(
  definition: ProcessDefinition<S, R, Settings>,
): Process {
  const { name, projection } = definition;
  const handlers = definition.wakes.map((wake: Wake) => taskHandler(definition, wake));
  const topics = handlers.map(({ topic }) => topic);
  const twice = topics.find((topic, index) => topics.indexOf(topic) !== index);
  if (twice !== undefined) throw new Error(`The process ${name} is woken by ${twice} in two ways`);
  return {
    name,
    projection,
    callbacks: definition.callbacks,
    handlers,
    streamsOf: (key) =>
      Object.values(definition.streams).map(({ decider }) => streamName(decider.category, key)),
    open(outside) {
      const opened = definition.open(outside);
      const { keysMax, callMsMax, about = {} } = opened;
      return {
        name,
        keysMax,
        callMsMax,
        about,
        advance: ({ store, log, onCall }, key, stopping) =>
          advance({ definition, opened, store, log, onCall }, key, stopping),
      };
    },
  };
}

/** Topics that wake any of them. */
export function topicsOf(processes: readonly Process[]): string[] {
  return [...new Set(processes.flatMap(({ handlers }) => handlers.map(({ topic }) => topic)))];
}

/** A filter that answers false for a record that wakes none of the processes. */
export function mayWakeAny(processes: readonly Process[]): MayHaveEffect {
  const handlers = processes.flatMap((each) => each.handlers);
  return (record) => handlers.some(({ mayHaveEffect }) => mayHaveEffect?.(record) ?? true);
}
