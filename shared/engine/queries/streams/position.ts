// A follower's position as the id of an event: `<partition>:<change>,…`, for example `0:123,1:77`.
import type { Position } from "@millrace/read-models/changes";

/** Characters of a position: room for every partition that a topic may have, with the longest numbers. */
export const POSITION_LENGTH_MAX = 8_000;
/** Every text of this form, and no other, is read. */
export const POSITION = /^\d{1,6}:\d{1,15}(?:,\d{1,6}:\d{1,15})*$/;

/** Before the first row there is no partition to name, and an empty event id would count as none. */
const BEFORE_ALL = "0:0";

export function printPosition(position: Position): string {
  if (position.size === 0) return BEFORE_ALL;
  return [...position].map(([partition, change]) => `${partition}:${change}`).join(",");
}

/** Undefined for text that `printPosition` did not print. */
export function parsePosition(text: string): Position | undefined {
  if (text.length > POSITION_LENGTH_MAX || !POSITION.test(text)) return undefined;
  return new Map(text.split(",").map((entry) => entry.split(":").map(Number) as [number, number]));
}
