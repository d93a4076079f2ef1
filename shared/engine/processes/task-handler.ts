// Turns events into a process's tasks, in a partition actor's transaction. Must never call another system: the transaction
// may be repeated.
import { type SQL, sql } from "drizzle-orm";
import { topicOf } from "@millrace/events/topics";
import { fromRecord, isOurs } from "@millrace/kafka/event-record";
import type { ReceivedRecord, RecordGlance } from "@millrace/kafka/received-record";
import type { RecordHandler } from "@millrace/projector/handler";
import { requestForgotten } from "@millrace/store/relay-marks";
import type { ProcessDefinition, Requests, Streams, Wake } from "./process.ts";

/** Notified in every transaction that adds a task or makes one due. */
export const TASKS_CHANNEL = "millrace_process_tasks";

/** A key that a process may have something to do for. */
export interface TaskNote {
  readonly key: string;
  /** True: the process may begin by it. False: the note counts only where the process has begun. */
  readonly begins: boolean;
}

export function taskHandler<S extends Streams, R extends Requests, Settings>(
  definition: ProcessDefinition<S, R, Settings>,
  wake: Wake,
): RecordHandler {
  const topic = topicOf(wake.on.decider.category);
  const begun = `${definition.streams[definition.begunBy].decider.category}-`;
  return {
    projection: definition.projection,
    topic,
    schemaVersionOf: wake.on.codec.schemaVersionOf,
    onForgotten: (tx) => requestForgotten(tx, topic),
    mayHaveEffect: (record) => mayWake(wake, record),
    isForeign: ({ headers }) => !isOurs(headers),
    async apply(tx, records) {
      const notes = notesFrom(wake, records);
      if (notes.length > 0) await tx.execute(note(definition.name, begun, notes));
    },
  };
}

/**
 * A key that has not begun, and at which there is nothing to begin, gets no row. A task is not due to others while its lease
 * lasts, and its holder looks at the revision at the end. One that a person has paused or has yet to look at stays so.
 */
function note(process: string, begun: string, notes: readonly TaskNote[]): SQL {
  return sql`
    with given as (
      select * from json_to_recordset(${JSON.stringify(notes)}::text::json) as given(key text, begins boolean)
    ), noted as (
      insert into process_tasks (process, key)
      select ${process}, key from given
      where begins
        or exists (select from process_tasks as tasks where tasks.process = ${process} and tasks.key = given.key)
        or exists (select from events where stream = ${begun} || given.key and version = 1)
      order by key
      on conflict (process, key) do update
        set due_at = now(), revision = process_tasks.revision + 1, attempts = 0, waiting_for = null, failure = null
      returning 1
    )
    select pg_notify(${TASKS_CHANNEL}, '') from (select count(*) as tasks from noted) as counted where tasks > 0`;
}

/**
 * Most events of most shops give a process no reason to look. As little of the event as will do is read to know that; an event
 * for which that does not tell counts as a reason.
 */
export function mayWake({ on, glance }: Pick<Wake, "on" | "glance">, record: RecordGlance): boolean {
  const type = record.header("ce_type") ?? "";
  if (!glance || record.header("ce_schemaversion") !== String(on.codec.schemaVersionOf(type))) return true;
  try {
    return glance(type, () => objectIn(record.value));
  } catch {
    return true;
  }
}

function objectIn(value: string | null): Readonly<Record<string, unknown>> {
  const data = JSON.parse(value ?? "");
  if (typeof data !== "object" || data === null) throw new Error("An event's data is an object");
  return data;
}

/** One note a key, however many of its events a batch holds; none for events that give no reason to look. */
export function notesFrom({ on, look, key }: Wake, records: readonly ReceivedRecord[]): TaskNote[] {
  const notes = new Map<string, TaskNote>();
  for (const record of records) {
    const event = on.codec.decode(fromRecord(record));
    const reason = look(event);
    if (!reason) continue;
    const id = key ? key(event) : event.aggregateId;
    if (id === undefined) continue;
    notes.set(id, { key: id, begins: reason === "begins" || notes.get(id)?.begins === true });
  }
  return [...notes.values()];
}
