// Secrets at rest. They are needed in clear to sign, so no hash will do: AES-256-GCM under a key that stands in the environment
// and not in the database. A reader of a dump can sign nothing.
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { InvalidConfig } from "@millrace/platform/config";

const KEY_BYTES = 32;
/** As GCM wants it: random ones are safe for billions of secrets. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export interface Sealer {
  /** `owner` is sealed in: what is copied to another owner's row can't be opened there. */
  seal(secret: string, owner: string): Buffer;
  /** @throws where none of the keys has sealed it for this owner */
  open(sealed: Uint8Array, owner: string): string;
}

/**
 * @param keys base64 of 32 bytes each: the first seals, all open; undefined where there is none
 * @throws InvalidConfig
 */
export function createSealer(keys: readonly string[]): Sealer | undefined {
  const read = keys.map((key) => Buffer.from(key, "base64"));
  if (read.some(({ length }) => length !== KEY_BYTES)) {
    throw new InvalidConfig([
      "MILLRACE_WEBHOOK_KEYS: expected 32 bytes in base64; `openssl rand -base64 32` makes them",
    ]);
  }
  const [present] = read;
  if (!present) return undefined;
  return {
    seal(secret, owner) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv("aes-256-gcm", present, nonce).setAAD(Buffer.from(owner));
      return Buffer.concat([nonce, cipher.update(secret, "utf8"), cipher.final(), cipher.getAuthTag()]);
    },
    open(sealed, owner) {
      for (const key of read) {
        const secret = opened(sealed, key, owner);
        if (secret !== undefined) return secret;
      }
      throw new Error(
        "The secret was sealed by a key that MILLRACE_WEBHOOK_KEYS no longer has: put that key back, behind the first",
      );
    },
  };
}

function opened(sealed: Uint8Array, key: Buffer, owner: string): string | undefined {
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, NONCE_BYTES));
    decipher.setAAD(Buffer.from(owner)).setAuthTag(sealed.subarray(-TAG_BYTES));
    const text = decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES));
    return Buffer.concat([text, decipher.final()]).toString("utf8");
  } catch {
    return undefined;
  }
}
