// What a database URL says of encryption, as Node's TLS takes it.
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { type ConnectionOptions, checkServerIdentity } from "node:tls";
import type { Parameters } from "./postgres-address.ts";

export type PostgresTls = "prefer" | ConnectionOptions | false;

const MODES = ["disable", "prefer", "require", "verify-ca", "verify-full"] as const;
type Mode = (typeof MODES)[number];

/** Other words for a mode: libpq's own, and those of node-postgres, of URLs with `ssl`, and of Prisma. */
const SYNONYMS: Readonly<Record<string, Mode>> = { allow: "prefer", "no-verify": "require" };
const SSL: Readonly<Record<string, Mode>> = {
  ...{ true: "require", "1": "require", "no-verify": "require" },
  ...{ false: "disable", "0": "disable" },
};
const SSL_ACCEPT: Readonly<Record<string, Mode>> = { strict: "verify-full", accept_invalid_certs: "require" };
const CHANNEL_BINDING = ["disable", "prefer", "require"];

/**
 * As in libpq, `require` encrypts without asking who answers; unlike there, a named authority is asked for the server's
 * name as well where no mode is given.
 * @throws on a mode that there is not, and on a file that can't be read.
 */
export function tlsOf(said: Parameters, hosts: readonly string[]): PostgresTls {
  const ca = contentOf("sslrootcert", said);
  const cert = contentOf("sslcert", said);
  const key = contentOf("sslkey", said);
  const mode = modeOf(said, said.sslrootcert !== undefined);
  if (mode === "prefer") return mode;
  if (mode === "disable") return false;
  return {
    rejectUnauthorized: mode !== "require",
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    ...(mode === "verify-ca" && { checkServerIdentity: () => undefined }),
    ...(mode === "verify-full" && addressesAmong(hosts)),
  };
}

/** An address is never sent as the name that is wanted, so that it would not be looked for either. */
function addressesAmong(hosts: readonly string[]): Pick<ConnectionOptions, "checkServerIdentity"> {
  const addresses = hosts.filter((host) => isIP(host));
  if (addresses.length === 0) return {};
  return {
    checkServerIdentity: (name, certificate) => {
      const wanted = hosts.includes(name) && !isIP(name) ? [name] : addresses;
      const wrongs = wanted.map((each) => checkServerIdentity(each, certificate));
      return wrongs.includes(undefined) ? undefined : wrongs[0];
    },
  };
}

function modeOf(said: Parameters, hasAuthority: boolean): Mode {
  const mode = namedMode(said);
  if (bindsChannel(said)) return strict(mode ?? (hasAuthority ? "verify-full" : "disable"));
  if (said.sslaccept === "strict" && mode !== "disable") return "verify-full";
  if (mode === undefined) return hasAuthority ? "verify-full" : "disable";
  // An authority that nobody asks would be a false sense of safety; libpq does the same.
  return mode === "require" && hasAuthority ? "verify-ca" : mode;
}

function namedMode({ sslmode, ssl, sslaccept }: Parameters): Mode | undefined {
  const accepting =
    sslaccept === undefined
      ? undefined
      : (SSL_ACCEPT[sslaccept] ?? wrong("sslaccept", sslaccept, Object.keys(SSL_ACCEPT)));
  if (sslmode !== undefined) {
    const mode = SYNONYMS[sslmode] ?? MODES.find((each) => each === sslmode);
    return mode ?? wrong("sslmode", sslmode, [...MODES, ...Object.keys(SYNONYMS)]);
  }
  if (ssl !== undefined) return SSL[ssl] ?? wrong("ssl", ssl, Object.keys(SSL));
  return accepting;
}

/** Asked for, it keeps off those who stand in between. The driver has no words for it, and a full check does the same. */
function bindsChannel({ channel_binding: said = "prefer" }: Parameters): boolean {
  if (!CHANNEL_BINDING.includes(said)) wrong("channel_binding", said, CHANNEL_BINDING);
  return said === "require";
}

function strict(mode: Mode): Mode {
  if (mode === "disable" || mode === "prefer")
    throw new Error(
      "channel_binding=require needs encryption; say sslmode=verify-full as well, or leave it out",
    );
  return mode === "require" ? "verify-full" : mode;
}

function wrong(name: string, said: string, allowed: readonly string[]): never {
  throw new Error(`${name} is "${said}"; it can be ${allowed.join(", ")}`);
}

function contentOf(name: "sslrootcert" | "sslcert" | "sslkey", said: Parameters): string | undefined {
  const path = said[name];
  if (!path || path === "system") return undefined;
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new Error(`the file that ${name} names can't be read`, { cause });
  }
}
