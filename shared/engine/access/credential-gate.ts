// Asks for an API key, or an access token of the issuer where there is one.
import type { Exposure } from "@millrace/platform/access-mode";
import type { Sql } from "@millrace/platform/postgres";
import { createCredentialCache, type Known } from "./credential-cache.ts";
import { bearerOf, type Gate, type Identified, isUnproven, type Unproven } from "./gate.ts";
import { type GuestLinks, isGuestToken } from "./guest-links.ts";
import { createKeyLookup, type KeyLookup } from "./key-lookup.ts";
import type { Tokens } from "./tokens.ts";

/** How long a key is believed after Postgres was asked: so soon a revoked one is refused by every process. */
export const KEY_KNOWN_MS = 2_000;

export function credentialGate(options: {
  readonly sql: Sql;
  readonly exposure: Exposure;
  /** Of the issuer; undefined where there is none. */
  readonly tokens?: Tokens | undefined;
  /** Undefined where guests are let read nothing. */
  readonly guests?: GuestLinks | undefined;
}): Gate {
  const { exposure, tokens, guests } = options;
  const keys = createKeyLookup(options.sql);
  const cache = createCredentialCache<Identified>(
    (credential) =>
      credential.startsWith("mr_") ? ofKey(keys, credential) : (tokens?.read(credential) ?? noIssuer()),
    { isRight: (who) => !isUnproven(who) },
  );
  return {
    exposure,
    identify(headers, stranger) {
      const credential = bearerOf(headers);
      if (credential === undefined) return NOTHING;
      // Its signature costs no more than to look it up.
      if (guests && typeof credential === "string" && isGuestToken(credential))
        return guests.read(credential);
      return typeof credential === "string" ? cache.find(credential, stranger) : credential;
    },
  };
}

async function ofKey(keys: KeyLookup, key: string): Promise<Known<Identified>> {
  const found = await keys.find(key);
  if (!found) return { who: NO_KEY, until: Date.now() + KEY_KNOWN_MS };
  return { who: found.principal, until: Date.now() + Math.min(KEY_KNOWN_MS, found.leftMs) };
}

async function noIssuer(): Promise<Known<Identified>> {
  return { who: NOT_A_KEY, until: Date.now() + KEY_KNOWN_MS };
}

const NOTHING: Unproven = { code: "credentials_required" };
const NO_KEY: Unproven = {
  code: "credentials_invalid",
  detail: "The API key is none that works: it was revoked, has expired, or never was one.",
};
const NOT_A_KEY: Unproven = {
  code: "credentials_invalid",
  detail:
    "This is no API key, which begins with mr_, and no issuer of access tokens is set up (MILLRACE_OIDC_ISSUER).",
};
