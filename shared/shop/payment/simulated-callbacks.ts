// The simulated gateway's callbacks: it says by itself that a charge which took long has come to its end. Best effort, as
// with a real one: a callback that is lost is made up for by asking.
import { Webhook } from "standardwebhooks";
import type { Config } from "@millrace/platform/config";

/** Longest time, in ms, that one callback may take: the gateway has others to send. */
const SENT_WITHIN_MS = 5_000;

/** Called for a charge that was settled after its caller may have stopped waiting. */
export type CallBack = (paymentId: string) => Promise<void>;

/** Undefined where the payments have no secret for callbacks. */
export function callBackBy(
  config: Pick<Config, "COMMAND_API_URL" | "MILLRACE_CALLBACK_SECRETS">,
): CallBack | undefined {
  const prefix = "payments=";
  const secret = config.MILLRACE_CALLBACK_SECRETS.findLast((each) => each.startsWith(prefix))?.slice(
    prefix.length,
  );
  if (secret === undefined) return undefined;
  const webhook = new Webhook(secret);
  const url = new URL("/callbacks/payments", config.COMMAND_API_URL);
  return async (paymentId) => {
    const at = new Date();
    const body = JSON.stringify({ type: "charge.settled", data: { paymentId } });
    // One a charge, however often it is asked for.
    const id = `charge_${Buffer.from(paymentId).toString("base64url")}`;
    const headers = {
      "content-type": "application/json",
      "webhook-id": id,
      "webhook-timestamp": String(Math.floor(at.getTime() / 1_000)),
      "webhook-signature": webhook.sign(id, at, body),
    };
    await fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(SENT_WITHIN_MS) });
  };
}
