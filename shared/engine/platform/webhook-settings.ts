// Of the environment, what says by whom webhooks come in, and how they go out.
import { count, list } from "./config-fields.ts";

export const webhookSettings = {
  /**
   * By which secrets the providers of processes sign what they call back, as <process>=<secret>, separated by commas:
   * callbacks/secrets.ts reads it. Two of one process while the secret changes.
   */
  MILLRACE_CALLBACK_SECRETS: list((word) => word, "secrets, separated by commas"),
  /**
   * Keys under which the secrets of webhook endpoints are kept, base64 of 32 bytes each, separated by commas: the first one
   * seals, all of them open. Without one nothing is sent, and no endpoint can be added.
   */
  MILLRACE_WEBHOOK_KEYS: list((word) => word, "keys, separated by commas"),
  /** Hosts that webhooks may go to whatever their address, and by http, separated by commas: localhost, hooks.internal. */
  MILLRACE_WEBHOOK_INTERNAL_HOSTS: list(
    (word) => (/^[A-Za-z0-9._:-]+$/.test(word) ? word.toLowerCase() : undefined),
    "names or addresses of hosts, separated by commas, without port",
  ),
  /** How long the log keeps webhooks that were delivered or given up, days. */
  MILLRACE_WEBHOOK_LOG_DAYS: count(7, 365),
};
