// What lets somebody without an account read one thing, until a time: signed, so nothing of it is kept. Must never let them
// read any other thing, or do anything.
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Identified, Unproven } from "./gate.ts";
import type { Thing } from "./principal.ts";

export interface GuestLinks {
  /** @param expiresAt milliseconds since 1970 */
  make(thing: Thing, expiresAt: number): string;
  read(token: string): Identified;
}

/** What its holders are known by from other credentials. */
const PREFIX = "mg_";
const TOKEN = /^mg_([A-Za-z0-9_-]{1,1000})\.([A-Za-z0-9_-]{43})$/;
/** Characters of the token's hash that name the guest: what stands in a log can't be used as a token. */
const SUBJECT_LENGTH = 22;

export function isGuestToken(credential: string): boolean {
  return credential.startsWith(PREFIX);
}

/** @param secrets the first signs, all are taken; undefined where there is none */
export function createGuestLinks(
  secrets: readonly string[],
  now: () => number = Date.now,
): GuestLinks | undefined {
  const [present] = secrets;
  if (present === undefined) return undefined;
  return {
    make({ family, id }, expiresAt) {
      const said = Buffer.from(JSON.stringify([family, id, expiresAt])).toString("base64url");
      return `${PREFIX}${said}.${signatureOf(said, present).toString("base64url")}`;
    },
    read(token) {
      const [, said, signature] = TOKEN.exec(token) ?? [];
      if (said === undefined || signature === undefined) return WRONG;
      const given = Buffer.from(signature, "base64url");
      if (!secrets.some((secret) => timingSafeEqual(signatureOf(said, secret), given))) return WRONG;
      const [family, id, expiresAt] = JSON.parse(Buffer.from(said, "base64url").toString()) as [
        string,
        string,
        number,
      ];
      if (expiresAt <= now()) return EXPIRED;
      const subject = new Bun.CryptoHasher("sha256")
        .update(token)
        .digest("base64url")
        .slice(0, SUBJECT_LENGTH);
      return { role: "guest", subject, scopes: [], authn: "link", thing: { family, id } };
    },
  };
}

/** With a word of its own, so that no signature of this secret for anything else is one of these. */
function signatureOf(said: string, secret: string): Buffer {
  return createHmac("sha256", secret).update(`guest-link.${said}`).digest();
}

const WRONG: Unproven = {
  code: "credentials_invalid",
  detail: "The guest's token is not signed by a secret of this shop (MILLRACE_GUEST_SECRETS).",
};
const EXPIRED: Unproven = {
  code: "credentials_invalid",
  detail: "The guest's token has expired: ask the shop for another.",
};
