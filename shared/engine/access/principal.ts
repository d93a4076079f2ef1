// Who asks. Must never hold what a caller merely says of itself, but for `onBehalfOf`, which is named so.

/** A customer is everybody who is known at all; people and programs that work for the shop have another role. */
export const ROLES = ["customer", "clerk", "service", "operator", "auditor"] as const;
export type Role = (typeof ROLES)[number];

/** What proved it. */
export type Authentication = "key" | "token" | "gateway" | "kafka" | "link";

/** One thing, by the family that actions name. */
export interface Thing {
  readonly family: string;
  readonly id: string;
}

/** Plain JSON, since commands wait in it until they are run: storage format. */
export interface Principal {
  /** `anybody`: access is open, and nobody was asked. `guest`: nobody with an account, who was let read one thing. */
  readonly role: Role | "anybody" | "guest";
  /** Opaque, and the same each time that this principal comes: what they own is found by it. */
  readonly subject: string;
  /** Of a service: `things:write`, `act-as`. Empty for all others. */
  readonly scopes: readonly string[];
  /** What a guest was let read. */
  readonly thing?: Thing;
  /** Absent where nobody was asked. */
  readonly authn?: Authentication;
}

/** In its place while access is open. */
export const ANYBODY: Principal = { role: "anybody", subject: "anonymous", scopes: [] };

/** Most characters of a subject: with its role it stands in headers, logs, keys and events as it is. */
const SUBJECT_LENGTH_MAX = 128;
const SUBJECT = new RegExp(`^[\\x21-\\x7e]{1,${SUBJECT_LENGTH_MAX}}$`);

/** Whether it can stand wherever principals are named. */
export function isSubject(text: string): boolean {
  return SUBJECT.test(text);
}

export function isRole(text: unknown): text is Role {
  return (ROLES as readonly unknown[]).includes(text);
}

/** As events, logs and the audit trail name it: `clerk:ann`. */
export function actorOf({ role, subject }: Pick<Principal, "role" | "subject">): string {
  return role === "anybody" ? subject : `${role}:${subject}`;
}

/** What of two requests has to be one principal's: a part of a key that nobody else can make up. */
export function keySpaceOf(principal: Principal): string {
  // The subject may hold what stands between parts of a key.
  return principal.role === "anybody" ? "" : `${encodeURIComponent(actorOf(principal))}/`;
}
