// An append as the statement takes it: printed once, when it is decided, and weighed. Must never let an event pass that
// Kafka would not carry: once it is stored, it can't be taken back, and its stream's later events wait behind it.
import { Failure } from "@millrace/platform/failure";
import type { Append, KeyedAnswer } from "./append.ts";
import type { PrintedEvent } from "./outbox.ts";

/**
 * Bytes of one event with its record's key and headers. A topic takes batches of up to 1,048,588 bytes unless it is
 * told otherwise; the rest is for the names of the headers and for what a batch takes beside its records.
 */
export const EVENT_BYTES_MAX = 1_000_000;

/**
 * Bytes of one command's events, and of all commands that share a statement: room for the largest event and what goes
 * with it, and far more than two hundred usual ones take. A statement holds them twice, and the driver as often again.
 */
export const APPEND_BYTES_MAX = 1_100_000;

/** Bytes of a stream's name or of a key: half of what Postgres indexes, and far more than any edge lets through. */
const NAME_BYTES_MAX = 1_300;

/** Columns and the outbox' entries are told apart by them. */
const CONTROL_CHARACTER = /\p{Cc}/u;

/** An event as `append_batch` takes it, one value a column. */
export interface EventRow extends PrintedEvent {
  readonly bytes: number;
}

export interface PrintedCommand {
  readonly rows: readonly EventRow[];
  readonly bytes: number;
  readonly keyed: KeyedAnswer | undefined;
}

/** Commands on one stream, each decided on what the ones before it left: all of them are appended, or none. */
export interface PrintedAppend {
  readonly stream: string;
  /** The version that the first of them was decided on. */
  readonly expectedVersion: number;
  /** No two of them have the same key. */
  readonly commands: readonly PrintedCommand[];
  readonly bytes: number;
}

/** One command alone. @throws as `printCommand` does */
export function printAppend(append: Append): PrintedAppend {
  const { stream, expectedVersion } = append;
  const command = printCommand(append);
  return { stream, expectedVersion, commands: [command], bytes: command.bytes };
}

/** @throws Failure `event_too_large`; an Error for a name that the store can't hold */
export function printCommand({
  stream,
  expectedVersion,
  events,
  metadata,
  at,
  keyed,
}: Append): PrintedCommand {
  checkName("stream", stream);
  if (keyed) checkName("key", keyed.key);
  const printedMetadata = JSON.stringify(metadata);
  // A record names its stream in its key, its subject and its id.
  const beside = Buffer.byteLength(printedMetadata) + 3 * Buffer.byteLength(stream);
  let bytes = 0;
  const rows = events.map(({ type, schemaVersion, data }, index): EventRow => {
    const printed = JSON.stringify(data);
    const row = {
      stream,
      version: expectedVersion + index + 1,
      type,
      schemaVersion,
      at,
      metadata: printedMetadata,
      data: printed,
      bytes: Buffer.byteLength(printed) + beside,
    };
    if (row.bytes > EVENT_BYTES_MAX) {
      throw tooLarge(
        `${type} of ${stream} takes ${row.bytes} bytes, and an event at most ${EVENT_BYTES_MAX}`,
      );
    }
    bytes += row.bytes;
    return row;
  });
  if (bytes > APPEND_BYTES_MAX) {
    throw tooLarge(
      `${events.length} events of ${stream} take ${bytes} bytes, and at most ${APPEND_BYTES_MAX}`,
    );
  }
  return { rows, bytes, keyed };
}

function tooLarge(message: string): Failure {
  return new Failure("event_too_large", message, false);
}

function checkName(what: "stream" | "key", name: string): void {
  if (Buffer.byteLength(name) > NAME_BYTES_MAX) {
    throw new Error(`The name of a ${what} is longer than ${NAME_BYTES_MAX} bytes: ${name.slice(0, 100)}…`);
  }
  if (what === "stream" && CONTROL_CHARACTER.test(name)) {
    throw new Error(`A stream's name holds control characters: ${JSON.stringify(name)}`);
  }
}
