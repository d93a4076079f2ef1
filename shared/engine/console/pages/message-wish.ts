// Which of a topic's records a page is asked for, as its address says it.
import { parsePosition, printPosition } from "@millrace/queries/streams/position";
import { messagesHref } from "../parts/links.ts";
import { numberIn, textIn } from "../query.ts";

export interface Wish {
  readonly topic: string;
  readonly partition: number | undefined;
  readonly key: string | undefined;
  /** A time, as it was written: it stands in the form again. */
  readonly at: string | undefined;
  readonly before: ReadonlyMap<number, number>;
  readonly after: ReadonlyMap<number, number>;
}

export async function readWish(
  topic: string,
  url: URL,
  offsetsOf: (atMs: number) => Promise<Map<number, number>>,
): Promise<Wish> {
  const given = (name: string) => textIn(url, name) || undefined;
  const [partition, offset] = [numberIn(url, "partition"), numberIn(url, "offset")];
  const at = given("at");
  const atMs = at === undefined ? Number.NaN : Date.parse(/[zZ]|[+-]\d\d:?\d\d$/.test(at) ? at : `${at}Z`);
  const before = new Map(parsePosition(given("before") ?? "") ?? []);
  // Back from a time is back from the first record that is not older than it, or from the end where all are older.
  if (!Number.isNaN(atMs)) {
    for (const [each, first] of await offsetsOf(atMs))
      if (first >= 0 && !before.has(each)) before.set(each, first);
  }
  if (partition !== undefined && offset !== undefined && before.size === 0) before.set(partition, offset + 1);
  return {
    topic,
    partition,
    key: given("key"),
    at: Number.isNaN(atMs) ? undefined : at,
    before,
    after: parsePosition(given("after") ?? "") ?? new Map(),
  };
}

export function hrefOf(
  wish: Wish,
  before: ReadonlyMap<number, number>,
  after?: ReadonlyMap<number, number>,
): string {
  const query = new URLSearchParams();
  if (wish.key !== undefined) query.set("key", wish.key);
  if (wish.partition !== undefined) query.set("partition", String(wish.partition));
  query.set("before", printPosition(before));
  if (after) query.set("after", printPosition(after));
  return `${messagesHref(wish.topic)}?${query}`;
}
