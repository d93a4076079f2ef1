// Whether the trail is as it was written.
//
// What this finds by itself: an entry that was changed, removed from the beginning or the middle, moved or added, unless
// every entry after it was hashed anew. What it can find only with a head that was noted somewhere else: entries cut off
// at the end, and a chain hashed anew to its end, by somebody who may do anything in the database. The hash has no secret
// in it: it proves that entries belong together, never who wrote them.
import type { Sql } from "@millrace/platform/postgres";
import { BEGINNING, type Head, hashOf } from "./entry.ts";
import { entriesAfter, type KeptEntry } from "./list.ts";

export type Verdict =
  | { readonly is: "whole"; readonly head: Head }
  | { readonly is: "broken"; readonly position: number; readonly cause: string };

/** Entries that are held at once: a megabyte or so of the largest there are. */
const PAGE = 200;

/** Reads all of it. `noted` is a head of some earlier time, kept where the database's owner can't change it. */
export async function verifyTrail(sql: Sql, noted?: Head): Promise<Verdict> {
  let head = BEGINNING;
  for (;;) {
    const page = await entriesAfter(sql, head.position, PAGE);
    for (const entry of page) {
      const cause = brokenBy(head, entry, noted);
      if (cause) return { is: "broken", position: head.position + 1, cause };
      head = entry;
    }
    if (page.length < PAGE) break;
  }
  if (noted && noted.position > head.position) {
    const cause = `the trail ends at ${head.position}, and the head that was noted stood at ${noted.position}: later entries were cut off`;
    return { is: "broken", position: head.position + 1, cause };
  }
  return { is: "whole", head: { position: head.position, hash: head.hash } };
}

function brokenBy(before: Head, entry: KeptEntry, noted: Head | undefined): string | undefined {
  if (entry.position !== before.position + 1) return `entry ${before.position + 1} is missing`;
  if (entry.hash !== hashOf(before.hash, entry))
    return `entry ${entry.position} does not follow from the one before it: one of them was changed, moved or replaced`;
  if (noted?.position === entry.position && noted.hash !== entry.hash)
    return `entry ${entry.position} is not the one whose hash was noted: it or one before it was written anew`;
  return undefined;
}
