// Appends in one statement, `append_batch` (migrations): many commands, each all or nothing. Must never append a part
// of a command.
import type { EventMetadata, NewEvent } from "@millrace/events/envelope";
import { lines, plainArray } from "@millrace/platform/columns";
import { hasCode, type Sql, UNIQUE_VIOLATION } from "@millrace/platform/postgres";
import { laneOf } from "./lanes.ts";
import { printMessages } from "./outbox.ts";
import { EVENT_BYTES_MAX, type EventRow, type PrintedAppend, type PrintedCommand } from "./printed-append.ts";

/** An answer that a retry of the same request gets again. */
export interface StoredAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** Makes an append happen at most once: the key is taken in the transaction of the events. */
export interface KeyedAnswer {
  readonly key: string;
  readonly fingerprint: string;
  readonly answer: StoredAnswer;
}

/** One command's events, all or none. No events with a keyed answer stores the answer alone. */
export interface Append {
  readonly stream: string;
  /** The version that the command was decided on; 0 for a new stream. */
  readonly expectedVersion: number;
  readonly events: readonly NewEvent[];
  readonly metadata: EventMetadata;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly keyed?: KeyedAnswer;
}

/** `conflict`: the stream has moved past the expected version. Unless it says `appended`, nothing was. */
export type AppendOutcome = "appended" | "conflict" | KeysTaken;

/** Places of the append's commands whose keys have answers already; 0 where it holds a single one. */
export interface KeysTaken {
  readonly keysTaken: readonly number[];
}

/** What `append_batch` says of a command that stood in its own way; 0 is one that may be sent again. */
const CONFLICT = 1;
const KEY_TAKEN = 2;

/**
 * Appends in one transaction whatever can be: those that something stands in the way of are left out, and the others
 * sent again. Appends must be on different streams with different keys. Answers one outcome an append, in their order.
 */
export async function appendPrinted(sql: Sql, appends: readonly PrintedAppend[]): Promise<AppendOutcome[]> {
  const outcomes = appends.map((): AppendOutcome => "appended");
  let left = (await appendNewStreams(sql, appends)) ? [] : [...appends.keys()];
  while (left.length > 0) {
    const all = left.map((index) => appends[index] as PrintedAppend);
    const [row] = await sql`call append_and_notify(${batchArguments(sql, all)})`;
    const answers: number[] | null = row?.outcomes;
    if (!answers) break;
    const again: number[] = [];
    let at = 0;
    for (const index of left) {
      const { length } = (appends[index] as PrintedAppend).commands;
      const outcome = outcomeOf(answers.slice(at, at + length));
      at += length;
      if (outcome) outcomes[index] = outcome;
      else again.push(index);
    }
    if (again.length === left.length)
      throw new Error("append_batch appended nothing, and no command stood in the way");
    left = again;
  }
  return outcomes;
}

/** Of one append's commands together; undefined where none of them stood in the way. */
function outcomeOf(answers: readonly number[]): AppendOutcome | undefined {
  if (answers.includes(CONFLICT)) return "conflict";
  const keysTaken = [...answers.keys()].filter((command) => answers[command] === KEY_TAKEN);
  return keysTaken.length > 0 ? { keysTaken } : undefined;
}

/** Answers whether that was all; where it was not, nothing was appended. */
async function appendNewStreams(sql: Sql, appends: readonly PrintedAppend[]): Promise<boolean> {
  if (!appends.every(beginsItsStream)) return false;
  try {
    await sql`call append_new_streams(${eventColumns(sql, rowsOf(appends))})`;
    return true;
  } catch (error) {
    if (hasCode(error, (code) => code === UNIQUE_VIOLATION)) return false;
    throw error;
  }
}

function beginsItsStream({ expectedVersion, commands }: PrintedAppend): boolean {
  return expectedVersion === 0 && commands.every(({ rows, keyed }) => rows.length > 0 && !keyed);
}

/** What `append_batch` (migrations) takes. */
export function batchArguments(sql: Sql, appends: readonly PrintedAppend[]) {
  const commands = appends.flatMap((append) => append.commands);
  const ordinals = new Map(commands.map((command, ordinal) => [command, ordinal]));
  const rows: EventRow[] = [];
  const commandOfRow: number[] = [];
  const expectedOfRow: number[] = [];
  for (const append of inOrderOfStream(appends)) {
    for (const command of append.commands) {
      for (const row of command.rows) {
        rows.push(row);
        commandOfRow.push(ordinals.get(command) as number);
        expectedOfRow.push(append.expectedVersion);
      }
    }
  }
  return sql`
      ${commands.length}, ${answersOf(commands)}::text::json,
      ${plainArray(commandOfRow)}::text::integer[],
      ${plainArray(expectedOfRow)}::text::integer[],
      ${eventColumns(sql, rows)}`;
}

/** The rows, and the outbox' entries that carry them. */
function eventColumns(sql: Sql, rows: readonly EventRow[]) {
  const entries = entriesOf(rows);
  return sql`
      ${lines(rows.map((row) => row.stream))},
      ${plainArray(rows.map((row) => row.version))}::text::integer[],
      ${lines(rows.map((row) => row.type))},
      ${plainArray(rows.map((row) => row.schemaVersion))}::text::smallint[],
      ${lines(rows.map((row) => row.at))},
      ${lines(rows.map((row) => row.metadata))},
      ${lines(rows.map((row) => row.data))},
      ${plainArray(entries.map(({ lane }) => lane))}::text::smallint[],
      ${plainArray(entries.map(({ records }) => records.length))}::text::integer[],
      ${entries.map(({ records }) => printMessages(records)).join("\f")}`;
}

/** Bytes of events in one entry of the outbox, which the relay reads whole: as many as the largest event has. */
const ENTRY_BYTES_MAX = EVENT_BYTES_MAX;

interface Entry {
  readonly lane: number;
  readonly records: EventRow[];
  bytes: number;
}

/** Entries are inserted, and so numbered, in this order, which within a lane is that of the rows. */
function entriesOf(rows: readonly EventRow[]): Entry[] {
  const entries: Entry[] = [];
  const lastOf = new Map<number, Entry>();
  for (const row of rows) {
    const lane = laneOf(row.stream);
    let entry = lastOf.get(lane);
    if (!entry || entry.bytes + row.bytes > ENTRY_BYTES_MAX) {
      entry = { lane, records: [], bytes: 0 };
      lastOf.set(lane, entry);
      entries.push(entry);
    }
    entry.records.push(row);
    entry.bytes += row.bytes;
  }
  return entries;
}

/** Each stream's in order of version. */
function rowsOf(appends: readonly PrintedAppend[]): EventRow[] {
  return inOrderOfStream(appends).flatMap(({ commands }) => commands.flatMap(({ rows }) => rows));
}

function inOrderOfStream(appends: readonly PrintedAppend[]): PrintedAppend[] {
  return inOrder(appends.map(({ stream }) => stream)).map((index) => appends[index] as PrintedAppend);
}

/** JSON of the answers to keep, in order of key; null where there are none. */
function answersOf(commands: readonly PrintedCommand[]): string | null {
  const kept = commands.flatMap(({ keyed }, n) =>
    keyed ? [{ n, k: keyed.key, f: keyed.fingerprint, a: keyed.answer }] : [],
  );
  if (kept.length === 0) return null;
  return JSON.stringify(inOrder(kept.map(({ k }) => k)).map((index) => kept[index]));
}

/** The texts' indexes, in an order that is the same for every process. */
function inOrder(texts: readonly string[]): number[] {
  const order = [...texts.keys()];
  return order.sort((a, b) => ((texts[a] as string) < (texts[b] as string) ? -1 : 1));
}
