// Passwords of roles on their way to Postgres: as what it keeps of them (RFC 5802, SCRAM-SHA-256), so that no log of its
// statements holds one.
import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import { APPS, type App } from "@millrace/platform/apps";

export type Passwords = Readonly<Partial<Record<App, string>>>;

/** What Postgres takes itself. */
const ITERATIONS = 4_096;
const SALT_BYTES = 16;
const KEY_BYTES = 32;

/** For `alter role … password`. */
export function scramVerifier(password: string, salt = randomBytes(SALT_BYTES)): string {
  const salted = pbkdf2Sync(password.normalize("NFKC"), salt, ITERATIONS, KEY_BYTES, "sha256");
  const mac = (text: string) => createHmac("sha256", salted).update(text).digest();
  const stored = createHash("sha256").update(mac("Client Key")).digest("base64");
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString("base64")}$${stored}:${mac("Server Key").toString("base64")}`;
}

/** One for each app, that nobody has chosen. */
export function randomPasswords(): Record<App, string> {
  return Object.fromEntries(APPS.map((app) => [app, randomBytes(24).toString("base64url")])) as Record<
    App,
    string
  >;
}
