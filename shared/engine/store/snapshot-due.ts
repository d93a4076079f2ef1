// When a snapshot is worth its bytes.
import type { Aggregate } from "./present.ts";
import type { Reached, ReadingStore } from "./read-on.ts";

/** Events after a snapshot: as many as a load's first page holds, so that most loads of long streams are one page. */
const EVENTS_LEAST = 50;

/**
 * Has the present kept where so many events follow the last snapshot, and they weigh as much as it does: so snapshots are
 * never more to write than events are. Most streams never have one.
 */
export function keepWhenDue<Command, State, Event extends { type: string; data: unknown }, Refusal>(
  { snapshots }: ReadingStore,
  { snapshot }: Aggregate<Command, State, Event, Refusal>,
  stream: string,
  reached: Reached<State>,
): Reached<State> {
  if (reached.eventsSince < EVENTS_LEAST || reached.bytesSince < reached.snapshotBytes) return reached;
  const { version, at } = reached.present;
  if (!snapshot || !snapshots || at === undefined) return reached;
  const state = snapshot.print(reached.present.state);
  if (!snapshots.keep({ stream, fingerprint: snapshot.fingerprint, version, at, state })) return reached;
  return { present: reached.present, snapshotBytes: state.length, eventsSince: 0, bytesSince: 0 };
}
