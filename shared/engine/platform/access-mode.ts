// Whether callers are asked who they are. Must never let a process that asks nobody listen where others can reach it.
import { type Config, InvalidConfig } from "./config.ts";
import { isLoopback } from "./origin-check.ts";

/**
 * - open: nobody is asked, and everybody may do everything
 * - required: an API key, or an access token of the issuer
 * - gateway: a gateway in front has asked, and proves itself by a secret
 */
export type AccessMode = "open" | "required" | "gateway";

/** What a process asks for, and where its port can be reached from. */
export interface Exposure {
  readonly mode: AccessMode;
  /** Where a container's port is published, which is then what counts; absent outside of containers. */
  readonly publishedOn?: string | undefined;
}

/** Of a process that was told nothing, as tests make it: it listens on loopback or not at all. */
export const OPEN: Exposure = { mode: "open" };

/** Unset is open on loopback, and required everywhere else. */
export function exposureOf(
  config: Pick<Config, "MILLRACE_AUTH" | "MILLRACE_PUBLISHED_ON" | "HOST">,
  host = config.HOST,
): Exposure {
  const publishedOn = config.MILLRACE_PUBLISHED_ON;
  const mode = config.MILLRACE_AUTH ?? (isLoopback(publishedOn ?? host) ? "open" : "required");
  return { mode, publishedOn };
}

/** @throws InvalidConfig where anybody on a network could use what asks nobody. */
export function assertMayListen({ mode, publishedOn }: Exposure, host: string): void {
  const reachedAt = publishedOn ?? host;
  if (mode !== "open" || isLoopback(reachedAt)) return;
  throw new InvalidConfig([
    `MILLRACE_AUTH: is open, so that nobody is asked who they are, and ${reachedAt} can be reached from other machines. ${WAYS_OUT}`,
  ]);
}

const WAYS_OUT = [
  "One of these mends it:",
  "    HOST=127.0.0.1 keeps it to this machine;",
  "    MILLRACE_AUTH=required asks for API keys (`bun run ops keys create`) and, with MILLRACE_OIDC_ISSUER and MILLRACE_OIDC_AUDIENCE, takes access tokens as well;",
  "    MILLRACE_AUTH=gateway with MILLRACE_AUTH_GATEWAY_SECRET_FILE believes a gateway that has asked already.",
].join("\n");
