// Snapshots against the events that they were made of. Must never be what anything else of the audit is folded from.
import { sameJson } from "@millrace/domain/same-json";
import { parseStreamName, type StoredEvent } from "@millrace/events/envelope";
import type { Sql } from "@millrace/platform/postgres";
import type { SnapshotCheck } from "@millrace/store/snapshot";
import { type StoredSnapshot, snapshotsOf } from "@millrace/store/snapshots";
import type { Finding } from "./findings.ts";

/** Of whole streams. What other code has written is passed over, as it is by commands. */
export async function wrongSnapshots(
  sql: Sql,
  checks: Readonly<Record<string, SnapshotCheck>>,
  streams: readonly (readonly StoredEvent[])[],
): Promise<Finding[]> {
  const eventsOf = new Map(streams.flatMap((events) => (events[0] ? [[events[0].stream, events]] : [])));
  const found = await snapshotsOf(sql, [...eventsOf.keys()]);
  return found
    .filter((snapshot) =>
      isWrong(
        checks[parseStreamName(snapshot.stream).category],
        snapshot,
        eventsOf.get(snapshot.stream) ?? [],
      ),
    )
    .map(({ stream, version }) => ({
      kind: "snapshot_differs",
      subject: stream,
      detail: `its snapshot at version ${version} is not what its events make it; its rows of the table snapshots can be deleted, which loses nothing`,
    }));
}

function isWrong(
  check: SnapshotCheck | undefined,
  { fingerprint, version, state }: StoredSnapshot,
  events: readonly StoredEvent[],
): boolean {
  // Where the stream has grown since it was read, the next sample compares.
  if (check?.fingerprint !== fingerprint || events.length < version) return false;
  return !sameJson(JSON.parse(check.expected(events.slice(0, version))), JSON.parse(state));
}
