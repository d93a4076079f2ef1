// Whether a store of so many events finds room on the disk.
import { statfsSync } from "node:fs";
import type { Setting } from "../question.ts";
import { ROOT } from "../stack.ts";

/** Measured: 940 an event, with its share of rows and indexes. */
const BYTES_AN_EVENT = 1_000;
/** Postgres' log, and what the loads add in Postgres and Kafka. */
const BYTES_BESIDE = 8 * 2 ** 30;

/** Says why not. */
export function hasRoom(question: string, events: number, { say }: Setting): boolean {
  const { bavail, bsize } = statfsSync(ROOT);
  const [free, needed] = [bavail * bsize, events * BYTES_AN_EVENT + BYTES_BESIDE];
  if (free >= needed) return true;
  const gigabytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(0)} GB`;
  say(`not asked: ${question}, which needs ${gigabytes(needed)} of disk where ${gigabytes(free)} are free`);
  return false;
}
