/** A record's text as Postgres can hold it: one that can't be handled must not fail to be parked and passed as well. */
export function storable(text: string): string {
  return text.replaceAll("\0", "\ufffd");
}
