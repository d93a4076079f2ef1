// Secrets that stand in files, as containers get them: what NAME may say, the file that NAME_FILE names may hold.
import { readFileSync } from "node:fs";

/** Read where their name with _FILE is set. */
export const SECRETS = [
  "DATABASE_URL",
  "DATABASE_ROLE_PASSWORDS",
  "KAFKA_SASL_PASSWORD",
  "MILLRACE_AUTH_GATEWAY_SECRET",
  "MILLRACE_GUEST_SECRETS",
  "MILLRACE_CALLBACK_SECRETS",
  "MILLRACE_WEBHOOK_KEYS",
  "MILLRACE_OIDC_CONSOLE_SECRET",
] as const;

type Environment = Readonly<Record<string, string | undefined>>;

/** The environment with them in their places, and why those that can't be read are not. */
export function withSecretFiles(environment: Environment): { environment: Environment; reasons: string[] } {
  const read: Record<string, string> = {};
  const reasons: string[] = [];
  for (const name of SECRETS) {
    const file = environment[`${name}_FILE`];
    if (!file) continue;
    if (environment[name]) {
      reasons.push(`${name}: is set, and ${name}_FILE as well: unset one of them`);
      continue;
    }
    try {
      // Editors and `echo` end a file with a line break, which is no part of what it holds.
      read[name] = readFileSync(file, "utf8").trim();
    } catch (error) {
      reasons.push(`${name}_FILE: ${(error as Error).message}`);
    }
  }
  return { environment: { ...environment, ...read }, reasons };
}
