// Which records of a topic a page is asked for, as its query says it.
import { parsePosition, printPosition } from "@millrace/queries/streams/position";
import type { Asked } from "../page.ts";
import { messagesHref } from "../parts/links.ts";

export interface Wish {
  readonly topic: string;
  readonly partition: number | undefined;
  readonly key: string | undefined;
  /** As it was written, for the form. */
  readonly at: string | undefined;
  readonly before: ReadonlyMap<number, number>;
  readonly after: ReadonlyMap<number, number>;
}

export async function readWish(
  topic: string,
  { url }: Asked,
  offsetsOf: (atMs: number) => Promise<Map<number, number>>,
): Promise<Wish> {
  const given = (name: string) => url.searchParams.get(name)?.trim() || undefined;
  const number = (name: string) => {
    const text = given(name);
    return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
  };
  const partition = number("partition");
  const offset = number("offset");
  const at = given("at");
  const atMs = at === undefined ? Number.NaN : Date.parse(/[zZ]|[+-]\d\d:?\d\d$/.test(at) ? at : `${at}Z`);
  const before = new Map(parsePosition(given("before") ?? "") ?? []);
  // Up to a time is up to the first record that is not older; where none is, up to the end.
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
