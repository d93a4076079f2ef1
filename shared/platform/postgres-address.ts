// What a database URL says of encryption, in libpq's words, as postgres.js takes it.
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { type ConnectionOptions, checkServerIdentity } from "node:tls";

export interface PostgresAddress {
  /** Without what is said of encryption and sockets: postgres.js would hand unknown words on to the server. */
  readonly url: string;
  /** What they say, in postgres.js' words. */
  readonly way: {
    readonly ssl: "prefer" | ConnectionOptions | false;
    /** Of a Unix-domain socket. */
    readonly path?: string;
  };
}

const USUAL_PORT = 5432;
const MODES = ["disable", "prefer", "require", "verify-ca", "verify-full"] as const;
type Mode = (typeof MODES)[number];

const FILES = ["sslrootcert", "sslcert", "sslkey"] as const;

/**
 * Reads `host`, where it names the folder of a Unix-domain socket, `sslmode`, `sslrootcert`, `sslcert` and `sslkey`. As
 * in libpq `require` encrypts without asking who answers; unlike there, a named authority is asked for the server's
 * name as well where no mode is given.
 * @throws on a mode that there is not, and on a file that can't be read.
 */
export function postgresAddress(databaseUrl: string): PostgresAddress {
  // Several hosts are no URL to the standard; postgres.js takes them, and nothing is said of encryption then.
  if (!URL.canParse(databaseUrl)) return { url: databaseUrl, way: { ssl: false } };
  const url = new URL(databaseUrl);
  const said = url.searchParams.get("sslmode") ?? undefined;
  const files = Object.fromEntries(FILES.map((name) => [name, contentOf(name, url.searchParams.get(name))]));
  const mode = modeOf(said, files.sslrootcert !== undefined);
  const path = socketOf(url);
  for (const name of ["host", "sslmode", ...FILES]) url.searchParams.delete(name);
  // Nothing on its way to a Unix-domain socket is ever encrypted.
  if (path !== undefined) return { url: url.href, way: { ssl: false, path } };
  return { url: url.href, way: { ssl: mode === "prefer" ? mode : tlsOf(mode, url.hostname, files) } };
}

/** The same database by the Unix-domain socket that its server has in a folder, as libpq's URLs say it. */
export function bySocket(databaseUrl: string, folder: string): string {
  const url = new URL(databaseUrl);
  url.searchParams.set("host", folder);
  return url.href;
}

function socketOf(url: URL): string | undefined {
  const folder = url.searchParams.get("host");
  return folder?.startsWith("/") ? `${folder}/.s.PGSQL.${url.port || USUAL_PORT}` : undefined;
}

/** The URL with the authority that DATABASE_CA_FILE names, where it names none itself. */
export function withAuthority(databaseUrl: string, caFile: string | undefined): string {
  if (!caFile || !URL.canParse(databaseUrl)) return databaseUrl;
  const url = new URL(databaseUrl);
  if (!url.searchParams.has("sslrootcert")) url.searchParams.set("sslrootcert", caFile);
  return url.href;
}

function modeOf(said: string | undefined, hasAuthority: boolean): Mode {
  if (said === undefined) return hasAuthority ? "verify-full" : "disable";
  const mode = MODES.find((each) => each === said);
  if (!mode) throw new Error(`sslmode is "${said}"; it can be ${MODES.join(", ")}`);
  // An authority that nobody asks would be a false sense of safety; libpq does the same.
  return mode === "require" && hasAuthority ? "verify-ca" : mode;
}

function tlsOf(
  mode: Exclude<Mode, "prefer">,
  host: string,
  files: Record<string, string | undefined>,
): ConnectionOptions | false {
  if (mode === "disable") return false;
  const name = host.replace(/^\[|\]$/g, "");
  return {
    rejectUnauthorized: mode !== "require",
    ...(files.sslrootcert && { ca: files.sslrootcert }),
    ...(files.sslcert && { cert: files.sslcert }),
    ...(files.sslkey && { key: files.sslkey }),
    ...(mode === "verify-ca" && { checkServerIdentity: () => undefined }),
    // An address is never sent as the name that is wanted, so that it would not be looked for either.
    ...(mode === "verify-full" &&
      isIP(name) && { checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate) }),
  };
}

function contentOf(name: string, path: string | null): string | undefined {
  if (!path || path === "system") return undefined;
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new Error(`${name} of DATABASE_URL can't be read`, { cause });
  }
}
