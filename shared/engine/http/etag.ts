// Versions as strong entity tags (RFC 9110, sections 8.8.3 and 13.1).

export function etagOf(version: number): string {
  return `"${version}"`;
}

/** Only for a tag that `etagOf` made. */
export function versionIn(etag: string): number {
  return Number(etag.slice(1, -1));
}

/** What If-Match asks: any version at all, or one of these. A weak or a foreign tag names no version. */
export type IfMatch = "any" | readonly number[];

const TAG_LIST = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"(?:[ \t]*,[ \t]*(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")*$/;
const STRONG_VERSION = /(W\/)?"([^"]*)"/g;
/** Most characters of a list of tags; no honest client sends more. */
export const TAGS_LENGTH_MAX = 2_000;
/** The form of If-Match. */
export const TAGS = new RegExp(`^\\*$|${TAG_LIST.source}`);

/** Reads If-Match or If-None-Match; undefined where it is no list of entity tags. */
export function readTags(header: string): IfMatch | undefined {
  const value = header.trim();
  if (value === "*") return "any";
  if (value.length > TAGS_LENGTH_MAX || !TAG_LIST.test(value)) return undefined;
  return tagged(value, (weak) => !weak);
}

/** Whether If-None-Match (weak comparison) names the version: the client has it already. */
export function isNotModified(header: string | null, version: number): boolean {
  if (header === null) return false;
  const value = header.trim();
  if (value === "*") return true;
  if (value.length > TAGS_LENGTH_MAX || !TAG_LIST.test(value)) return false;
  return tagged(value, () => true).includes(version);
}

function tagged(value: string, counts: (weak: boolean) => boolean): number[] {
  const versions: number[] = [];
  for (const [, weak, tag] of value.matchAll(STRONG_VERSION)) {
    if (counts(weak !== undefined) && tag !== undefined && /^[1-9]\d{0,14}$/.test(tag))
      versions.push(Number(tag));
  }
  return versions;
}
