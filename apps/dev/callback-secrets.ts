// The secrets by which providers' callbacks are verified here: drawn at each start, where the environment names none.
import { randomBytes } from "node:crypto";

const SECRET_BYTES = 24;

/** As MILLRACE_CALLBACK_SECRETS wants it, one for each process that is called back; undefined where some are named. */
export function callbackSecrets(
  named: readonly string[],
  processes: readonly { readonly name: string; readonly callbacks?: unknown }[],
): string | undefined {
  if (named.length > 0) return undefined;
  const called = processes.filter(({ callbacks }) => callbacks !== undefined);
  if (called.length === 0) return undefined;
  return called.map(({ name }) => `${name}=whsec_${randomBytes(SECRET_BYTES).toString("base64")}`).join(",");
}
