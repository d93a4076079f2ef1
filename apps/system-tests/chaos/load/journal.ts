// What every client meant and what it was told: the checker's only knowledge of the load.

/** A command's own name: its idempotency key, and the correlation id of every event that it leads to. */
export type CommandName = string;

/** How a client's command ended for it. */
export type Ending =
  /** 2xx, or taken by Kafka: it must have happened, once. */
  | "acknowledged"
  /** 202: it must end, and where it ends accepted it must have happened, once. */
  | "submitted"
  /** 4xx: it must not have happened. */
  | "refused"
  /** The client gave up without an answer: it may have happened, at most once. */
  | "unknown";

export interface Entry {
  readonly name: CommandName;
  /** The streams' events that it leads to when it happens, as `stream type`, in order. */
  readonly expected: readonly string[];
  readonly ending: Ending;
  /** Times that it was sent. */
  readonly sends: number;
  /** From first send to the end, milliseconds. */
  readonly tookMs: number;
  /** Where a submitted command's outcome is found. */
  readonly location?: string;
  readonly status?: number;
}

export interface Journal {
  add(entry: Entry): void;
  entries(): readonly Entry[];
  count(ending: Ending): number;
}

export function createJournal(): Journal {
  const entries: Entry[] = [];
  const counts: Record<Ending, number> = { acknowledged: 0, submitted: 0, refused: 0, unknown: 0 };
  return {
    add(entry) {
      entries.push(entry);
      counts[entry.ending]++;
    },
    entries: () => entries,
    count: (ending) => counts[ending],
  };
}
