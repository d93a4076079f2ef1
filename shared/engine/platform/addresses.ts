// What `bun run dev` has chosen, left in its directory for programs that are started beside it. No secret is in it that the
// launcher did not make up itself.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import * as v from "valibot";

const schema = v.object({
  DATABASE_URL: v.string(),
  KAFKA_BROKERS: v.string(),
  MILLRACE_KAFKA_PREFIX: v.optional(v.string(), ""),
  MILLRACE_WEBHOOK_KEYS: v.exactOptional(v.string()),
});

export type Addresses = v.InferOutput<typeof schema>;

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const FILE = "addresses.json";

/** The directory of `bun run dev`: what MILLRACE_DIRECTORY names, else .millrace in the checkout. */
export function developmentDirectory(named: string | undefined): string {
  return resolve(ROOT, named || ".millrace");
}

export function writeAddresses(directory: string, addresses: v.InferInput<typeof schema>): void {
  mkdirSync(directory, { recursive: true });
  // An external DATABASE_URL may hold a password: it is nobody else's to read.
  writeFileSync(join(directory, FILE), `${JSON.stringify(addresses, null, 2)}\n`, { mode: 0o600 });
}

export function forgetAddresses(directory: string): void {
  rmSync(join(directory, FILE), { force: true });
}

/** Undefined where nothing runs, or what stands there is not ours. */
export function readAddresses(directory: string): Addresses | undefined {
  try {
    const parsed = v.safeParse(schema, JSON.parse(readFileSync(join(directory, FILE), "utf8")));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}
