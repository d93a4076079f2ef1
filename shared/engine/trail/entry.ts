// An entry of the trail, and its hash, which covers the hash of the entry before.

export interface Entry {
  readonly position: number;
  /** ISO 8601, UTC, with milliseconds. */
  readonly at: string;
  readonly login: string;
  readonly actor: string;
  readonly authn: string;
  readonly origin: string;
  readonly act: string;
  readonly target: string;
  /** JSON, as it was written. */
  readonly details: string;
}

/** The last entry's place and hash. It stands for all entries up to it: a copy elsewhere proves that none has changed. */
export interface Head {
  readonly position: number;
  /** SHA-256 in hexadecimal. */
  readonly hash: string;
}

/** The head of a trail without entries. */
export const BEGINNING: Head = { position: 0, hash: "0".repeat(64) };

/** Changes with the list of what is hashed, so that one entry never has two readings. */
const FORMAT = "millrace-trail-1";

/**
 * SHA-256, in hexadecimal, over the hash of the entry before and everything this entry says, as a JSON array: no two
 * different entries print as the same array. Storage format.
 */
export function hashOf(previousHash: string, entry: Entry): string {
  const { position, at, login, actor, authn, origin, act, target, details } = entry;
  const bytes = JSON.stringify([
    FORMAT,
    previousHash,
    position,
    at,
    login,
    actor,
    authn,
    origin,
    act,
    target,
    details,
  ]);
  return new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
}

export function printHead({ position, hash }: Head): string {
  return `${position}:${hash}`;
}

/** Undefined for what `printHead` did not print. */
export function parseHead(text: string): Head | undefined {
  const [, position, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  return position && hash ? { position: Number(position), hash } : undefined;
}
