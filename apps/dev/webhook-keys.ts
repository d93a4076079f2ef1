// The key under which secrets of webhook endpoints are kept here, where the environment names none: made at the first start,
// and kept beside the data, so that what it has sealed still opens at the next.
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const FILE = "webhook-keys";
/** As AES-256 has it. */
const KEY_BYTES = 32;

type Environment = Readonly<Record<string, string | undefined>>;

/** Undefined where the environment names its own. */
export function webhookKeys(directory: string, environment: Environment): string | undefined {
  if (environment.MILLRACE_WEBHOOK_KEYS || environment.MILLRACE_WEBHOOK_KEYS_FILE) return undefined;
  const file = join(directory, FILE);
  if (!existsSync(file)) {
    mkdirSync(directory, { recursive: true });
    writeFileSync(file, `${randomBytes(KEY_BYTES).toString("base64")}\n`, { mode: 0o600 });
  }
  return readFileSync(file, "utf8").trim();
}
