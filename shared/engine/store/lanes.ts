// A lane is a share of the outbox that one relay works on at a time. Storage format: outbox rows carry their
// lane, so LANES may change only while the outbox is empty.

/** The most relays that can share the outbox. Rows per append grow with it, so no more than is of use. */
export const LANES = 4;

/** FNV-1a over the stream's name, 32 bits: cheap, and every event of one stream falls into one lane. */
export function laneOf(stream: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < stream.length; index++) {
    hash = Math.imul(hash ^ stream.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) % LANES;
}
