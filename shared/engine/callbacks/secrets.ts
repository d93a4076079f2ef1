// The secrets by which each process's provider proves itself. Must never have one by default, nor show one in a message.
import { InvalidConfig } from "@millrace/platform/config";

/** By process, each with its secrets. */
export type CallbackSecrets = ReadonlyMap<string, readonly string[]>;

/** The one in use, and the one that takes its place. */
const SECRETS_MAX = 2;
/** In characters: 128 bits, however they are written down. */
const LENGTH_MIN = 24;
/** How the Standard Webhooks specification writes a secret: this, and its bytes in base64. */
const STANDARD = /^whsec_(.*)$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * @param said `<process>=<secret>` each; a process that is named twice is changing its secret
 * @throws InvalidConfig for what can't be read, and for a process that no provider calls back
 */
export function readCallbackSecrets(said: readonly string[], processes: readonly string[]): CallbackSecrets {
  const secrets = new Map<string, string[]>();
  for (const [index, word] of said.entries()) {
    const [, process = "", secret = ""] = /^([^=]+)=(.+)$/.exec(word) ?? [];
    const own = [...(secrets.get(process) ?? []), secret];
    const wrong = wrongWith({ process, own, processes });
    if (wrong) throw new InvalidConfig([`MILLRACE_CALLBACK_SECRETS: entry ${index + 1} ${wrong}`]);
    secrets.set(process, own);
  }
  return secrets;
}

function wrongWith(entry: { process: string; own: string[]; processes: readonly string[] }) {
  const { process, own, processes } = entry;
  if (!processes.includes(process)) {
    return `names no process that is called back; expected <process>=<secret> with one of: ${processes.join(", ") || "none"}`;
  }
  const secret = own.at(-1) ?? "";
  if (secret.length < LENGTH_MIN) return `has a secret of less than ${LENGTH_MIN} characters`;
  const bytes = STANDARD.exec(secret)?.[1];
  if (bytes !== undefined && !BASE64.test(bytes)) {
    return "has a secret that begins with whsec_ and is not base64 after it: copy it whole from the provider";
  }
  if (own.length > SECRETS_MAX) return `is the third secret of ${process}, which has at most ${SECRETS_MAX}`;
  return undefined;
}
