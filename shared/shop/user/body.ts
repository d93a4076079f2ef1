import * as v from "valibot";
import { type Parsed, parse, refused } from "@millrace/commands/parsed";
import { chosenId, name } from "@millrace/commands/words";
import type { UserCommand } from "./decide.ts";

/** The longest address that mail can be sent to (RFC 5321, section 4.5.3.1.3, less its brackets). */
export const EMAIL_LENGTH_MAX = 254;

const email = v.pipe(
  v.string(),
  v.maxLength(EMAIL_LENGTH_MAX, `Must be at most ${EMAIL_LENGTH_MAX} characters`),
  v.rfcEmail("Must be an email address"),
);

export const newUser = v.strictObject({ id: chosenId, name, email: v.exactOptional(email) });
export const userPatch = v.strictObject({ name: v.exactOptional(name), email: v.exactOptional(email) });

/** A user's stream id is the text of its id: 1 and "1" are one user. */
export function readNewUser(body: unknown): Parsed<Extract<UserCommand, { type: "CreateUser" }>> {
  const parsed = parse(newUser, body);
  return parsed.ok ? { ok: true, value: { type: "CreateUser", ...parsed.value } } : parsed;
}

export function readUserPatch(body: unknown): Parsed<Extract<UserCommand, { type: "ChangeUser" }>> {
  const parsed = parse(userPatch, body);
  if (!parsed.ok) return parsed;
  if (Object.keys(parsed.value).length === 0) return refused("", "Must name what is to change");
  return { ok: true, value: { type: "ChangeUser", ...parsed.value } };
}
