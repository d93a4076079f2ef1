// Records that only newer code can read, as while a deployment is under way. Such a record has not failed: it waits in the
// parking lot with its key's later records behind it, and goes on by itself once newer code has claimed the partition.
import { sql } from "drizzle-orm";
import { newerThanCode, type SchemaVersionOf } from "@millrace/kafka/event-record";
import type { ReceivedRecord } from "@millrace/kafka/received-record";
import { describe } from "@millrace/platform/failure";
import { hasCode, type Tx } from "@millrace/platform/postgres";
import { storable } from "./storable.ts";

/**
 * Keys of one partition that may be in the parking lot: some minutes of new streams, and a few megabytes. At the next
 * record that only newer code can read, the partition itself then waits.
 */
export const WAITING_KEYS_MAX = 10_000;

/** The partition waits as a whole: as many keys as may wait by themselves do so already. */
export class WaitingForNewerCode extends Error {
  readonly code = "waiting_for_newer_code";
  readonly retryable = true;
  constructor(cause: unknown) {
    super(`${WAITING_KEYS_MAX} keys wait already, and the partition waits with them`, { cause });
    this.name = "WaitingForNewerCode";
  }
}

/** Whether this code could not go on because newer code has written something. */
export function isNewer(error: unknown): boolean {
  return hasCode(error, (code) => code === "newer_schema");
}

/** Records that could not be applied. */
interface Unapplied {
  readonly records: readonly ReceivedRecord[];
  readonly error: unknown;
  readonly schemaVersionOf: SchemaVersionOf;
}

/**
 * Those of the records that only newer code can read, with what there is to say of each. A later schema version is taken
 * at its word; a name that this code doesn't know only where the event store has that event, since no code might ever
 * know it. Where one record alone could not be applied and can be read, the store has a newer event before it: `error`.
 */
export async function newerOf(
  tx: Tx,
  { records, error, schemaVersionOf }: Unapplied,
): Promise<Map<ReceivedRecord, string>> {
  const newer = new Map<ReceivedRecord, string>();
  const stored = await storedAmong(
    tx,
    records.filter(({ headers }) => newerThanCode(headers, schemaVersionOf) === "name"),
  );
  for (const record of records) {
    const what = newerThanCode(record.headers, schemaVersionOf);
    if (what === "version" || (what === "name" && stored.has(nameOf(record)))) {
      const { ce_type, ce_schemaversion } = record.headers;
      newer.set(record, `${ce_type} v${ce_schemaversion} waits for newer code`);
    } else if (what === undefined && records.length === 1) newer.set(record, describe(error));
  }
  return newer;
}

/** Names of those events that the store has. One statement: where one name is made up, all of a batch may be. */
async function storedAmong(tx: Tx, records: readonly ReceivedRecord[]): Promise<Set<string>> {
  if (records.length === 0) return new Set();
  const asked = records.map(({ headers }) => ({
    stream: storable(headers.ce_subject ?? ""),
    version: storable(headers.ce_streamversion ?? ""),
    type: storable(headers.ce_type ?? ""),
  }));
  const found = (await tx.execute(sql`
    select events.stream, events.version, events.type
    from json_to_recordset(${JSON.stringify(asked)}::text::json) as asked(stream text, version text, type text)
      join events on events.stream = asked.stream and events.version::text = asked.version
        and events.type = asked.type`)) as unknown as { stream: string; version: number; type: string }[];
  return new Set(found.map(({ stream, version, type }) => `${stream}@${version} ${type}`));
}

function nameOf({ headers: { ce_subject, ce_streamversion, ce_type } }: ReceivedRecord): string {
  return `${ce_subject}@${ce_streamversion} ${ce_type}`;
}
