// What is wrong with Postgres, for people: its own words, what follows from it, and what to do.
import { describe } from "./failure.ts";
import { hasCode } from "./postgres.ts";

const STANDS = "Nothing can be read or written until then";

/** By SQLSTATE, or the code of the driver and the network. The first that fits is said. */
const WAYS_OUT: readonly (readonly [codes: RegExp, says: string])[] = [
  [
    /^25006$/,
    "Reads go on, and what is to be written gets 503 or waits until it takes writes: it was demoted, or somebody set it so. DATABASE_URL has to lead to the primary",
  ],
  [/^28/, `It does not take the user or password of DATABASE_URL. ${STANDS}: correct either of the two`],
  [/^3D000$/, `The database that DATABASE_URL names is not there. ${STANDS}: create it, or name another`],
  [
    /^42501$/,
    "This app's role lacks a right, and what needs it gets 503 or waits. `bun run ops database roles` shows which; the migration gives it",
  ],
  [
    /^(?:3F000|42703|42883|42P01)$/,
    "Its schema is older than this program, and what needs the rest gets 503 or waits: run the migration, apps/migrate/main.ts",
  ],
  [/^53100$/, "Its disk is full, and what is to be written gets 503 or waits: give it room"],
  [
    /^53300$/,
    "All its connections are taken, and what needs one gets 503 or waits: raise max_connections, or run fewer processes",
  ],
  [/^57P0[1-3]$/, `It is stopping or starting. ${STANDS}; it is tried again by itself`],
  [
    /^(?:CERT_|UNABLE_TO_|DEPTH_ZERO_|ERR_(?:TLS|SSL)_|SSL_NOT_OFFERED)|SELF_SIGNED/,
    `Its TLS is not what sslmode in DATABASE_URL asks for. ${STANDS}: DATABASE_CA_FILE names its authority, and its certificate has to name the host`,
  ],
  [
    /^(?:08|CONN|E(?:CONN|NET|HOST|AI_|PIPE|TIMEDOUT)|ENO(?:ENT|TFOUND)|ANSWER_TIMEOUT|ERR_(?:POSTGRES|SOCKET)_)/,
    `It can't be reached. ${STANDS}; it is tried again by itself: look at Postgres, and at where DATABASE_URL leads`,
  ],
];

const OTHERWISE =
  "What needs it gets 503 or waits, and is tried again by itself: look at Postgres and its log";

export function postgresTrouble(error: unknown): string {
  const [, says = OTHERWISE] = WAYS_OUT.find(([codes]) => hasCode(error, (code) => codes.test(code))) ?? [];
  return `postgres: ${describe(error)}. ${says}`;
}
