// The gate that the environment asks for.
import { type Exposure, exposureOf } from "@millrace/platform/access-mode";
import type { Config } from "@millrace/platform/config";
import type { Sql } from "@millrace/platform/postgres";
import { credentialGate } from "./credential-gate.ts";
import { type Gate, openGate } from "./gate.ts";
import { gatewayGate } from "./gateway-gate.ts";
import { createGuestLinks } from "./guest-links.ts";
import { tokensOf } from "./tokens.ts";

export function createGate(config: Config, sql: Sql, exposure: Exposure = exposureOf(config)): Gate {
  switch (exposure.mode) {
    case "open":
      return openGate(exposure);
    case "required":
      return credentialGate({
        sql,
        exposure,
        tokens: tokensOf(config),
        guests: createGuestLinks(config.MILLRACE_GUEST_SECRETS),
      });
    case "gateway":
      return gatewayGate({ secret: secretOf(config), exposure });
  }
}

function secretOf({ MILLRACE_AUTH_GATEWAY_SECRET: secret }: Config): string {
  if (secret === undefined) throw new Error("readConfig lets no gateway through without its secret");
  return secret;
}
