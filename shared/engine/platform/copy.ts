// Rows on their way into a table by COPY, in its binary format: the least that a row can cost Postgres, which neither
// looks for the ends of fields nor reads numbers and times from text.
import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { driverUnder, type Tx } from "./postgres.ts";

/** Of a column; what Postgres calls it. Its values must be of no other: COPY converts nothing. */
export type CopyType = "integer" | "bigint" | "boolean" | "text" | "timestamptz";

/** A timestamp is as toISOString prints it. */
export type CopyValue = string | number | boolean | null;

const SIGNATURE = Buffer.from("PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", "latin1");
const NULL = -1;
const LAST = -1;
/** Times count microseconds from there. */
const EPOCH_MS = Date.UTC(2000, 0, 1);
const ISO_LENGTH = "2000-01-01T00:00:00.000Z".length;
/** UTF-8's longest for one of a string's units. */
const UNIT_BYTES_MAX = 3;
const FIRST_BYTES = 1 << 16;

/** Rows of one COPY. Each is begun with the number of its fields, and then has them in the statement's order. */
export class CopyRows {
  count = 0;
  private bytes = Buffer.allocUnsafe(FIRST_BYTES);
  private end = SIGNATURE.copy(this.bytes);

  begin(fields: number): void {
    this.count++;
    this.grow(2);
    this.end = this.bytes.writeInt16BE(fields, this.end);
  }

  field(type: CopyType, value: CopyValue): void {
    this.grow(12);
    if (value === null) this.end = this.bytes.writeInt32BE(NULL, this.end);
    else if (type === "text") this.text(value as string);
    else if (type === "integer") this.integer(value as number);
    else if (type === "bigint") this.bigint(value as number);
    else if (type === "timestamptz") this.bigint((milliseconds(value as string) - EPOCH_MS) * 1_000);
    else this.boolean(value as boolean);
  }

  /** All of them; none may follow. */
  finish(): Uint8Array {
    this.grow(2);
    return this.bytes.subarray(0, this.bytes.writeInt16BE(LAST, this.end));
  }

  private text(value: string): void {
    this.grow(4 + value.length * UNIT_BYTES_MAX);
    const length = this.bytes.write(value, this.end + 4);
    this.bytes.writeInt32BE(length, this.end);
    this.end += 4 + length;
  }

  private integer(value: number): void {
    this.bytes.writeInt32BE(4, this.end);
    this.end = this.bytes.writeInt32BE(value, this.end + 4);
  }

  private bigint(value: number): void {
    this.bytes.writeInt32BE(8, this.end);
    this.bytes.writeInt32BE(Math.floor(value / 2 ** 32), this.end + 4);
    this.end = this.bytes.writeUInt32BE(value >>> 0, this.end + 8);
  }

  private boolean(value: boolean): void {
    this.bytes.writeInt32BE(1, this.end);
    this.end = this.bytes.writeUInt8(value ? 1 : 0, this.end + 4);
  }

  private grow(by: number): void {
    if (this.end + by <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.end + by));
    this.bytes.copy(larger, 0, 0, this.end);
    this.bytes = larger;
  }
}

/** What Date.parse makes of it, in a fraction of its time. */
function milliseconds(iso: string): number {
  const two = (at: number) => (iso.charCodeAt(at) - 48) * 10 + iso.charCodeAt(at + 1) - 48;
  const year = two(0) * 100 + two(2);
  // Longer ones have a year of six digits, and Date.UTC takes the first hundred years for others.
  if (iso.length !== ISO_LENGTH || year < 100) return Date.parse(iso);
  const thousandths = two(20) * 10 + iso.charCodeAt(22) - 48;
  return Date.UTC(year, two(5) - 1, two(8), two(11), two(14), two(17), thousandths);
}

/**
 * Sends rows to a statement `copy … from stdin (format binary)`. @throws what Postgres throws; none of the rows is there
 * then.
 */
export async function copyIn(on: Tx, statement: string, rows: CopyRows): Promise<void> {
  if (rows.count === 0) return;
  const stream: Writable = await driverUnder(on).unsafe(statement).writable();
  stream.end(rows.finish());
  await finished(stream);
}
