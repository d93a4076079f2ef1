// Of the environment, what says who may use Millrace.
import { isIP } from "node:net";
import * as v from "valibot";
import { count, list, text } from "./config-fields.ts";

/** Of a secret that programs share, in characters: 128 bits, however they are written down. */
const SECRET_LENGTH_MIN = 22;

/** Empty means unset. */
const optional = <Said extends string>(schema: v.GenericSchema<string, Said>) =>
  v.pipe(
    v.optional(v.string()),
    v.transform((said) => said || undefined),
    v.optional(schema),
  );

/** With a public key each. Those of a shared secret, and none at all, are never taken. */
const ALGORITHMS = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
];

function network(said: string): string | undefined {
  const [address = "", bits, ...more] = said.split("/");
  const most = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  const isWhole = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most);
  return most > 0 && isWhole && more.length === 0 ? said : undefined;
}

const url = v.pipe(v.string(), v.url("expected a URL such as https://id.example.com"));

export const accessSettings = {
  /** Whether callers are asked who they are; see access-mode.ts. Unset is open on loopback, and required elsewhere. */
  MILLRACE_AUTH: optional(v.pipe(v.string(), v.picklist(["open", "required", "gateway"]))),
  /** Where the ports of this container are published: what counts as loopback is there, not on HOST. */
  MILLRACE_PUBLISHED_ON: optional(v.string()),
  /** What a gateway in front proves itself by, with MILLRACE_AUTH=gateway. */
  MILLRACE_AUTH_GATEWAY_SECRET: optional(
    v.pipe(v.string(), v.minLength(SECRET_LENGTH_MIN, `expected at least ${SECRET_LENGTH_MIN} characters`)),
  ),
  /**
   * Whose commands from Kafka are, by their topic, separated by commas: access/topic-senders.ts reads it. Where callers
   * are asked who they are, commands of a topic that is not named here are refused.
   */
  MILLRACE_KAFKA_SENDERS: list((word) => word, "senders, separated by commas"),
  /**
   * What one customer may ask of one process in a second, in points: a read is one, a write three. 0 for no bound. A
   * page of a shop reads some ten things at once.
   */
  MILLRACE_RATE_CUSTOMER: count(60, 1_000_000, 0),
  /** The same of a clerk, an operator or an auditor: people, with a console or a desk of their own. */
  MILLRACE_RATE_STAFF: count(300, 1_000_000, 0),
  /** The same of a service, which brings the requests of many: without a bound of its own unless one is set. */
  MILLRACE_RATE_SERVICE: count(0, 1_000_000, 0),
  /**
   * Requests a second of one address whose credential is missing, wrong or new here; right ones give theirs back. 0 for no
   * bound. Looking at so many takes some tenth of a core.
   */
  MILLRACE_RATE_STRANGERS: count(500, 1_000_000, 0),
  /** Proxies whose X-Forwarded-For is believed, as addresses or networks, separated by commas: 10.0.0.0/8. */
  MILLRACE_TRUSTED_PROXIES: list(network, "addresses or networks such as 10.0.0.0/8 or fd00::/8"),
  /** How often one customer may change one thing in a minute: each change is an event for ever. 0 for no bound. */
  MILLRACE_RATE_CHANGES: count(60, 1_000_000, 0),
  /**
   * Live streams of one process that one person may have open, of its 500: a page has one, and people leave pages open.
   * 0 for no bound; services have none.
   */
  MILLRACE_STREAMS_EACH: count(20, 100_000, 0),
  /** The same of reads that wait for a version: each is held for up to half a minute. */
  MILLRACE_WAITS_EACH: count(50, 100_000, 0),
  /**
   * Bytes of bodies that one person may send one process in a second, four of the largest; and of all that are read or
   * worked on at once a quarter. 0 for no bound of either; services have none.
   */
  MILLRACE_BYTES_EACH: count(1_048_576, 1_073_741_824, 0),
  /**
   * What guests' links are signed by, separated by commas: the first signs, all are taken. Without one there are no links.
   * Dropping one ends those that it has signed.
   */
  MILLRACE_GUEST_SECRETS: list(
    (said) => (said.length >= SECRET_LENGTH_MIN ? said : undefined),
    `secrets of at least ${SECRET_LENGTH_MIN} characters, separated by commas`,
  ),
  /** Whose access tokens are taken, as they name it in `iss`. */
  MILLRACE_OIDC_ISSUER: optional(url),
  /** For whom they have to be, as they name it in `aud`. */
  MILLRACE_OIDC_AUDIENCE: optional(v.string()),
  /** As whom the console asks the issuer who somebody is; without it people sign in with API keys alone. */
  MILLRACE_OIDC_CONSOLE_CLIENT: optional(v.string()),
  /** The client's secret, where the issuer has given it one: PKCE stands without. */
  MILLRACE_OIDC_CONSOLE_SECRET: optional(v.string()),
  /** What the console asks for: more than openid where the issuer puts roles behind a scope. */
  MILLRACE_OIDC_CONSOLE_SCOPE: text("openid"),
  /** How they may be signed. */
  MILLRACE_OIDC_ALGORITHMS: v.pipe(
    text("RS256,PS256,ES256,EdDSA"),
    v.transform((words) => words.split(",").map((word) => word.trim())),
    v.check(
      (words) => words.every((word) => ALGORITHMS.includes(word)),
      `expected some of ${ALGORITHMS.join(", ")}`,
    ),
  ),
  /** Where the issuer's keys are; without it the issuer's own description says so. */
  MILLRACE_OIDC_JWKS_URL: optional(url),
  /** What their header has to say in `typ`: at+jwt (RFC 9068), or JWT for issuers that know no better. */
  MILLRACE_OIDC_TYP: text("at+jwt"),
  /** The claim with the role, dots between its parts: role, realm_access.roles. Without a role of ours: a customer. */
  MILLRACE_OIDC_ROLE_CLAIM: text("role"),
};

interface AccessSettings {
  readonly MILLRACE_AUTH?: string | undefined;
  readonly MILLRACE_AUTH_GATEWAY_SECRET?: string | undefined;
  readonly MILLRACE_OIDC_ISSUER?: string | undefined;
  readonly MILLRACE_OIDC_AUDIENCE?: string | undefined;
  readonly MILLRACE_OIDC_CONSOLE_CLIENT?: string | undefined;
}

/** What only makes sense together. */
export function incompleteAccess(config: AccessSettings): string[] {
  const isGateway = config.MILLRACE_AUTH === "gateway";
  const hasSecret = config.MILLRACE_AUTH_GATEWAY_SECRET !== undefined;
  const hasIssuer = config.MILLRACE_OIDC_ISSUER !== undefined;
  return [
    ...(isGateway && !hasSecret
      ? ["MILLRACE_AUTH: gateway needs MILLRACE_AUTH_GATEWAY_SECRET or MILLRACE_AUTH_GATEWAY_SECRET_FILE"]
      : []),
    ...(hasIssuer === (config.MILLRACE_OIDC_AUDIENCE !== undefined)
      ? []
      : ["MILLRACE_OIDC_ISSUER and MILLRACE_OIDC_AUDIENCE: each needs the other"]),
    ...(config.MILLRACE_OIDC_CONSOLE_CLIENT !== undefined && !hasIssuer
      ? ["MILLRACE_OIDC_CONSOLE_CLIENT: needs MILLRACE_OIDC_ISSUER"]
      : []),
  ];
}
