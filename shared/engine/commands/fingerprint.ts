// Tells the same request from another one under the same idempotency key.

/** SHA-256 of the request. The order of JSON's members and its white space do not count. */
export function fingerprint(asked: string, body: unknown): string {
  const hasher = new Bun.CryptoHasher("sha256");
  hasher.update(asked);
  hasher.update("\n");
  hasher.update(body === undefined ? "" : JSON.stringify(ordered(body)));
  return hasher.digest("base64url");
}

/** Recurses as deep as the body, so only for bodies that a schema has accepted. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return { members: entries.map(([name, member]) => [name, ordered(member)]) };
}
