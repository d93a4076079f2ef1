// What an API key looks like: mr_<id>_<secret>. The prefix is what scanners for leaked secrets find it by.
import { randomBytes } from "node:crypto";

export interface NewKey {
  readonly id: string;
  /** Shown once: nobody can find it out again. */
  readonly key: string;
  readonly hash: Buffer;
}

const ID_BYTES = 8;
const SECRET_BYTES = 32;
const ID = /^[0-9a-f]{16}$/;
/** As `makeKey` prints it; anything else that begins with mr_ is no key. */
const KEY = /^mr_([0-9a-f]{16})_[A-Za-z0-9-]{43}$/;

export function newKeyId(): string {
  return randomBytes(ID_BYTES).toString("hex");
}

export function isKeyId(text: string): boolean {
  return ID.test(text);
}

export function makeKey(id = newKeyId()): NewKey {
  // Without underscores, so that the parts of a key are told apart by them.
  const secret = randomBytes(SECRET_BYTES).toString("base64url").replaceAll("_", "-");
  const key = `mr_${id}_${secret}`;
  return { id, key, hash: hashOfKey(key) };
}

/** Undefined where it is no key of ours. */
export function idOfKey(key: string): string | undefined {
  return KEY.exec(key)?.[1];
}

export function hashOfKey(key: string): Buffer {
  return new Bun.CryptoHasher("sha256").update(key).digest();
}
