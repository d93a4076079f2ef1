// Puts words into files that people may have changed. Each has one place; where that is not found, nothing is written.
import { Refusal } from "./refusal.ts";

export interface Place {
  /** What stands before the words: the first match counts. */
  readonly after: RegExp;
  readonly words: string;
  /** What to do by hand where the place is not found. */
  readonly otherwise: string;
}

/** @throws Refusal */
export function put(path: string, text: string, { after, words, otherwise }: Place): string {
  const found = after.exec(text);
  if (!found) throw new Refusal(`${path} is not as expected: ${otherwise} by hand`);
  const place = found.index + found[0].length;
  return text.slice(0, place) + words + text.slice(place);
}

/** One more of a list in shop.ts, with its import. @throws Refusal */
export function listed(
  path: string,
  text: string,
  { list, what, from }: { readonly list: string; readonly what: string; readonly from: string },
): string {
  const place = new RegExp(`\\n  ${list}: \\[[^\\]]*?(?=,?\\s*\\])`);
  const empty = new RegExp(`\\n  ${list}: \\[\\s*\\]`).test(text);
  const withEntry = put(path, text, {
    after: place,
    words: empty ? what : `, ${what}`,
    otherwise: `add ${what} to ${list}`,
  });
  return put(path, withEntry, {
    after: /^import .*\n/m,
    words: `import { ${what} } from "${from}";\n`,
    otherwise: `import ${what}`,
  });
}
