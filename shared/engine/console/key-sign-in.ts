// Signing in with an API key. Must never refuse a right one because wrong ones came before it.
import { idOfKey } from "@millrace/access/api-key";
import { networkOf } from "@millrace/access/client-address";
import { createKeyLookup } from "@millrace/access/key-lookup";
import { may } from "@millrace/access/may";
import { actorOf, type Role } from "@millrace/access/principal";
import { createRate } from "@millrace/access/rate";
import type { Sessions } from "@millrace/access/sessions";
import type { Sql } from "@millrace/platform/postgres";
import type { Sample } from "@millrace/trail/sample";

/**
 * Wrong keys from one address: a person mistypes a few times, a program that guesses goes on. Counted only after a key was
 * looked at: a right one is taken, whatever others guessed from there.
 */
const GUESSES = { policy: "guesses", most: 10, seconds: 60 };

export type KeyOutcome =
  | { readonly is: "signed in"; readonly secret: string }
  | { readonly is: "no key"; readonly retryAfterSeconds: number | undefined }
  /** It works, and not here. */
  | { readonly is: "wrong role"; readonly role: Role };

export interface KeySignIn {
  /** @throws Failure `postgres_unavailable`, `overloaded`: nobody is let in, and nobody refused for good */
  enter(key: string, address: string): Promise<KeyOutcome>;
}

export function keySignIn({
  sql,
  sessions,
  refusals,
}: {
  sql: Sql;
  sessions: Sessions;
  refusals: Sample;
}): KeySignIn {
  const keys = createKeyLookup(sql);
  const guesses = createRate(GUESSES);
  return {
    async enter(key, address) {
      const found = await keys.find(key);
      const keyId = idOfKey(key);
      if (!found || !keyId) {
        const tooMany = await guesses.take(networkOf(address));
        const nobody = { actor: "unknown", authn: "none", origin: address } as const;
        void refusals.note(nobody, { name: "session.refuse", target: "console", details: { by: "key" } });
        return { is: "no key", retryAfterSeconds: tooMany?.retryAfterSeconds };
      }
      const { role, subject } = found.principal;
      if (role === "anybody" || role === "guest") throw new Error("keys are somebody's");
      if (may(found.principal, "console:inspect") !== "all") {
        const somebody = { actor: actorOf(found.principal), authn: "key", origin: address } as const;
        void refusals.note(somebody, { name: "session.refuse", target: "console", details: { key: keyId } });
        return { is: "wrong role", role };
      }
      return { is: "signed in", secret: await sessions.start({ role, subject, keyId, origin: address }) };
    },
  };
}
