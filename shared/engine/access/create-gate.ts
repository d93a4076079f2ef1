// The gate that the environment asks for.
import { type Exposure, exposureOf } from "@millrace/platform/access-mode";
import type { Config } from "@millrace/platform/config";
import type { Sql } from "@millrace/platform/postgres";
import type { Sample } from "@millrace/trail/sample";
import { createClientOf } from "./client-address.ts";
import { credentialGate } from "./credential-gate.ts";
import { type Gate, openGate } from "./gate.ts";
import { gatewayGate } from "./gateway-gate.ts";
import { createGuestLinks } from "./guest-links.ts";
import { refusalsIn } from "./refusals.ts";
import { tokensOf } from "./tokens.ts";

/** What it refuses is kept in the trail, as far as `refusals` has it. */
export function createGate(
  config: Config,
  { sql, refusals }: { readonly sql: Sql; readonly refusals: Sample },
  exposure: Exposure = exposureOf(config),
): Gate {
  return {
    ...chosen(config, sql, exposure),
    clientOf: createClientOf(config.MILLRACE_TRUSTED_PROXIES),
    onRefused: refusalsIn(refusals),
  };
}

function chosen(config: Config, sql: Sql, exposure: Exposure): Gate {
  const guests = createGuestLinks(config.MILLRACE_GUEST_SECRETS);
  switch (exposure.mode) {
    case "open":
      return openGate(exposure);
    case "required":
      return credentialGate({
        sql,
        exposure,
        tokens: tokensOf(config),
        guests,
      });
    case "gateway":
      return gatewayGate({ secret: secretOf(config), exposure, guests });
  }
}

function secretOf({ MILLRACE_AUTH_GATEWAY_SECRET: secret }: Config): string {
  if (secret === undefined) throw new Error("readConfig lets no gateway through without its secret");
  return secret;
}
