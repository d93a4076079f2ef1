// A gate that knows its callers by name, as `Authorization: Bearer ann`. Only tests import it.
import { bearerOf, type Gate } from "../gate.ts";
import type { Principal } from "../principal.ts";

export function gateByName(...callers: readonly Principal[]): Gate {
  return {
    exposure: { mode: "required" },
    identify(headers) {
      const name = bearerOf(headers);
      if (name === undefined) return { code: "credentials_required" };
      return callers.find(({ subject }) => subject === name) ?? { code: "credentials_invalid" };
    },
  };
}

export const by = (name: string) => ({ authorization: `Bearer ${name}` });
