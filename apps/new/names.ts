// One name in all the forms that code needs it in.
import { Refusal } from "./refusal.ts";

export interface Names {
  /** shipment: folder, stream category and topic. */
  readonly name: string;
  /** Shipment: types and events. */
  readonly type: string;
  /** shipments: path, table and read model. */
  readonly plural: string;
}

/** Postgres keeps 63 bytes of a table's name, and indexes add a word to it. */
const NAME_LENGTH_MAX = 40;
/** Paths and names of topics that are the engine's own. */
const TAKEN = ["command", "commands", "docs", "shop", "testing", "healthz", "readyz", "metrics", "stats"];
const KEYWORDS =
  "await break case catch class const continue debugger default delete do else enum export extends false finally for function if import in instanceof let new null return static super switch this throw true try typeof undefined var void while with yield".split(
    " ",
  );

/** @throws Refusal for what can't be a stream's category, which ends at the first hyphen of a stream's name */
export function namesOf(name: string, plural = pluralOf(name)): Names {
  for (const each of [name, plural]) {
    if (!/^[a-z][a-z0-9]*$/.test(each)) {
      throw new Refusal(`"${each}" has to be one word of small letters and digits, such as shipment`);
    }
    if (each.length > NAME_LENGTH_MAX)
      throw new Refusal(`"${each}" is longer than ${NAME_LENGTH_MAX} characters`);
    if (isWordOfTheLanguage(each) || TAKEN.includes(each)) throw new Refusal(`"${each}" is taken already`);
  }
  if (name === plural) throw new Refusal(`"${name}" and its plural have to differ: name it with --plural`);
  return { name, type: capitalized(name), plural };
}

export function isWordOfTheLanguage(word: string): boolean {
  return KEYWORDS.includes(word);
}

export function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** "a shipment", "an item". */
export function aOrAn(word: string): string {
  return `${/^[aeiou]/.test(word) ? "an" : "a"} ${word}`;
}

/** As English mostly has it. */
export function pluralOf(word: string): string {
  if (/[^aeiou]y$/.test(word)) return `${word.slice(0, -1)}ies`;
  return /(?:s|x|z|ch|sh)$/.test(word) ? `${word}es` : `${word}s`;
}

/** The other way round; a word that is no plural stays as it is. */
export function singularOf(word: string): string {
  if (word.endsWith("ies")) return `${word.slice(0, -3)}y`;
  if (/(?:s|x|z|ch|sh)es$/.test(word)) return word.slice(0, -2);
  return /[^s]s$/.test(word) ? word.slice(0, -1) : word;
}

/** As English mostly has it: pack, packed; ship, shipped; carry, carried. */
export function pastOf(verb: string): string {
  if (verb.endsWith("e")) return `${verb}d`;
  if (/[^aeiou]y$/.test(verb)) return `${verb.slice(0, -1)}ied`;
  return /^[^aeiou]*[aeiou][^aeiouwxy]$/.test(verb) ? `${verb}${verb.at(-1)}ed` : `${verb}ed`;
}
