// What a database URL says, in libpq's words and in those that providers add, as postgres.js takes it. Nothing of it
// reaches the server but what is meant for it, and what can't work is refused before anything is tried.
import { type PostgresTls, tlsOf } from "./postgres-tls.ts";

export interface PostgresAddress {
  readonly host: string[];
  readonly port: number[];
  /** Of a Unix-domain socket. */
  readonly path?: string;
  readonly username?: string;
  readonly password?: string;
  readonly database?: string;
  readonly ssl: PostgresTls;
  readonly target_session_attrs?: "read-write" | "primary";
  /** What each session asks of the server. */
  readonly connection: Readonly<Record<string, string>>;
}

const USUAL_PORT = 5432;
const PORT_MOST = 65_535;

/** Scheme, user and password, hosts, database, parameters. A user or password that holds / ? or # matches nothing. */
const FORM = /^(postgres(?:ql)?):\/\/(?:([^/?#]*)@)?([^/?#]*)(?:\/([^/?#@]*))?(?:\?([^#]*))?$/i;
const EXPECTED =
  "expected postgres://user:password@host:port/database, where / ? # @ : and % in a user or password are percent-encoded";

/** Parameters that are understood, here or in postgres-tls.ts. */
const UNDERSTOOD = [
  ...["host", "port", "user", "password", "dbname", "options", "target_session_attrs", "schema", "pgbouncer"],
  ...["sslmode", "sslrootcert", "sslcert", "sslkey", "ssl", "sslaccept", "channel_binding", "gssencmode"],
] as const;
export type Parameters = Readonly<Partial<Record<(typeof UNDERSTOOD)[number], string>>>;

/**
 * Parameters that are passed over, since Millrace has its own bounds and names, or the driver nothing to do for them:
 * of pools (Prisma, pgx), of libpq's way to the server, and how node-postgres reads sslmode.
 */
const PASSED_OVER = new Set(
  [
    "application_name fallback_application_name client_encoding connect_timeout pool_timeout connection_limit",
    "socket_timeout max_idle_connection_lifetime statement_cache_size prepareThreshold hostaddr load_balance_hosts",
    "keepalives keepalives_idle keepalives_interval keepalives_count tcp_user_timeout krbsrvname gsslib gssdelegation",
    "sslcompression sslsni uselibpqcompat",
  ].flatMap((names) => names.split(" ")),
);

/** @throws in one line without the password, saying what is expected: on what can't be read or can't work. */
export function postgresAddress(databaseUrl: string): PostgresAddress {
  const found = FORM.exec(databaseUrl.trim());
  if (!found) throw new Error(EXPECTED);
  const [, , account = "", authority = "", name = "", query = ""] = found;
  // Before the parameters: where a password holds a ? they are the rest of it, and nothing to quote.
  const places = authority.split(",").map(placeOf);
  const said = parametersIn(query);
  refuseWhatCannotWork(said);
  const { hosts, ports, path } = placesOf(places, said);
  const [user = "", password] = splitOnce(account);
  const username = said.user ?? decoded(user);
  const database = said.dbname ?? decoded(name);
  const secret = said.password ?? (password === undefined ? undefined : decoded(password));
  return {
    host: hosts,
    port: ports,
    ...(path !== undefined && { path }),
    ...(username && { username }),
    ...(secret && { password: secret }),
    ...(database && { database }),
    // Nothing on its way to a Unix-domain socket is ever encrypted.
    ssl: path === undefined ? tlsOf(said, hosts) : false,
    ...sessionsOf(said),
    connection: said.options ? { options: said.options } : {},
  };
}

/** The same database by the Unix-domain socket that its server has in a folder, as libpq's URLs say it. */
export function bySocket(databaseUrl: string, folder: string): string {
  return withParameter(databaseUrl, "host", folder);
}

/** The URL with the authority that DATABASE_CA_FILE names, where it names none itself. */
export function withAuthority(databaseUrl: string, caFile: string | undefined): string {
  if (!caFile || /[?&]sslrootcert=/.test(databaseUrl)) return databaseUrl;
  return withParameter(databaseUrl, "sslrootcert", caFile);
}

/** As people may see it. */
export function withoutPassword(databaseUrl: string): string {
  return databaseUrl.replace(/^([^:]+:\/\/[^/?#:]*):.*@/, "$1:***@").replace(/([?&]password=)[^&]*/, "$1***");
}

function withParameter(databaseUrl: string, name: string, value: string): string {
  const url = databaseUrl.trim();
  return `${url}${url.includes("?") ? "&" : "?"}${name}=${encodeURIComponent(value)}`;
}

/** @throws on one that is not known: a misspelt sslmode must not mean none. */
function parametersIn(query: string): Parameters {
  const said = Object.fromEntries(new URLSearchParams(query));
  const known: readonly string[] = UNDERSTOOD;
  for (const name of Object.keys(said)) {
    if (PASSED_OVER.has(name) || known.includes(name)) continue;
    if (!/^\w{1,40}$/.test(name)) throw new Error(EXPECTED);
    throw new Error(
      `the parameter "${name}" means nothing here; settings of the server are said as options=-c%20name=value`,
    );
  }
  return said;
}

function refuseWhatCannotWork({ pgbouncer, schema, gssencmode }: Parameters): void {
  if (pgbouncer !== undefined && pgbouncer !== "false")
    throw new Error(
      "pgbouncer=true asks for a pooler that hands sessions round, which would lose advisory locks and LISTEN; name the server itself or a pooler in session mode, without pgbouncer",
    );
  if (schema !== undefined && schema !== "public")
    throw new Error(`schema is "${schema}"; the tables are in the schema public of a database of their own`);
  if (gssencmode === "require") throw new Error("gssencmode=require can't be met; sslmode=require encrypts");
}

function sessionsOf({ target_session_attrs: wanted = "any" }: Parameters) {
  if (wanted === "any") return {};
  if (wanted === "read-write" || wanted === "primary") return { target_session_attrs: wanted } as const;
  throw new Error(
    `target_session_attrs is "${wanted}"; it can be read-write, primary or any, since every process writes`,
  );
}

/** Where the servers are. A parameter counts more than the place before the path, as with libpq. */
function placesOf(
  places: readonly Place[],
  said: Parameters,
): { hosts: string[]; ports: number[]; path?: string } {
  const hosts = said.host?.split(",") ?? places.map(({ host }) => host);
  const ports = said.port?.split(",").map(portOf) ?? places.map(({ port }) => port);
  const folder = hosts.find((host) => host.startsWith("/"));
  const all = hosts.map((_, index) => ports[index] ?? ports[0] ?? USUAL_PORT);
  if (folder === undefined) return { hosts: hosts.map((host) => host || "localhost"), ports: all };
  return { hosts: ["localhost"], ports: [USUAL_PORT], path: `${folder}/.s.PGSQL.${all[0]}` };
}

interface Place {
  readonly host: string;
  readonly port: number;
}

function placeOf(place: string): Place {
  const found = /^(?:\[([\da-fA-F:.]+(?:%[\w.]+)?)\]|([^:[\]\s]*))(?::(\d*))?$/.exec(place);
  if (!found)
    throw new Error(`the host and port can't be read; ${EXPECTED}, and an IPv6 address stands in brackets`);
  const [, six, host = "", port = ""] = found;
  return { host: six ?? decoded(host), port: portOf(port) };
}

function portOf(port: string): number {
  const number = port === "" ? USUAL_PORT : Number(port);
  if (!Number.isInteger(number) || number < 1 || number > PORT_MOST)
    throw new Error("the port is none from 1 to 65535");
  return number;
}

function splitOnce(account: string): [string, string | undefined] {
  const colon = account.indexOf(":");
  return colon < 0 ? [account, undefined] : [account.slice(0, colon), account.slice(colon + 1)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error(`a % begins no escape; ${EXPECTED}`);
  }
}
