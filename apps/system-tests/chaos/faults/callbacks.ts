// What a provider's callbacks do at their worst: forged, foreign, early, doubled and sent to several processes at once.
import { Webhook } from "standardwebhooks";
import type { System } from "../system/system.ts";
import type { Fault } from "./fault.ts";

/** By which the simulated gateway signs in a schedule. */
export const CALLBACK_SECRET = "whsec_bWlsbHJhY2UtY2hhb3Mtc2VjcmV0LW9uZSEh";
const FORGER_SECRET = "whsec_bWlsbHJhY2UtY2hhb3Mtc3RyYW5nZXIhISEh";
const ABOUT_PAYMENTS = 50;

/** Each is sent to every command API at once, as by a provider that repeats what it has no answer to. */
const callbacks: Fault = {
  name: "callbacks",
  weight: 1,
  async run({ system, random }) {
    const ids = (
      await system.sql<{ id: string }[]>`
        select id from orders where payment <> 'NONE' order by updated_at desc limit ${ABOUT_PAYMENTS}`
    ).map(({ id }) => id);
    const run = random.between(0, 1e9);
    const about = [...ids, `nobody-${run}`, `early-${run}`];
    const before = await countOf(system);
    for (const [n, paymentId] of about.entries()) {
      const id = `chaos_${run}_${n}`;
      const statuses = await sendToAll(system, { id, paymentId, by: CALLBACK_SECRET });
      if (statuses.some((status) => status !== 200)) {
        throw new Error(`callbacks with a right signature were answered ${statuses.join(", ")}`);
      }
      const forged = await sendToAll(system, { id: `forged_${run}_${n}`, paymentId, by: FORGER_SECRET });
      if (forged.some((status) => status !== 401)) {
        throw new Error(`forged callbacks were answered ${forged.join(", ")}`);
      }
    }
    const stored = await countOf(system, `chaos_${run}_`);
    if (stored !== about.length) throw new Error(`${about.length} callbacks were sent, ${stored} are stored`);
    const forgeries = await countOf(system, `forged_${run}_`);
    if (forgeries > 0) throw new Error(`${forgeries} forged callbacks are stored`);
    const own = (await countOf(system)) - before - stored;
    return `${stored} callbacks, each to all at once, as many forged ones, and ${own} of the gateway's own beside them`;
  },
};

async function countOf(system: System, prefix = ""): Promise<number> {
  const [row] = await system.sql<{ stored: number }[]>`
    select count(*)::int as stored from process_callbacks where starts_with(provider_id, ${prefix})`;
  return row?.stored ?? 0;
}

async function sendToAll(
  system: System,
  { id, paymentId, by }: { id: string; paymentId: string; by: string },
): Promise<number[]> {
  const at = new Date();
  const body = JSON.stringify({ type: "charge.settled", data: { paymentId } });
  const headers = {
    "content-type": "application/json",
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(at.getTime() / 1_000)),
    "webhook-signature": new Webhook(by).sign(id, at, body),
  };
  return Promise.all(
    system.ofKind("command-api").map(async ({ port }) => {
      const url = `http://127.0.0.1:${port}/callbacks/payments`;
      const response = await fetch(url, { method: "POST", headers, body });
      await response.arrayBuffer();
      return response.status;
    }),
  );
}

export const callbackFaults: readonly Fault[] = [callbacks];
