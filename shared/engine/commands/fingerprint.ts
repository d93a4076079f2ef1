// Tells the same request from another one under the same idempotency key.

/** SHA-256 over what was asked. JSON counts as the same however its members are ordered or spaced. */
export function fingerprint(asked: string, body: unknown): string {
  const hasher = new Bun.CryptoHasher("sha256");
  hasher.update(asked);
  hasher.update("\n");
  hasher.update(body === undefined ? "" : JSON.stringify(ordered(body)));
  return hasher.digest("base64url");
}

/** Only for bodies that a schema has accepted: it is as deep as they are. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return { members: entries.map(([name, member]) => [name, ordered(member)]) };
}
