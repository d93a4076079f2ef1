// The built-in gateway: takes every charge, but for a few amounts that nobody asks by accident and that show
// each way in which a real one goes wrong. Its books are in Postgres, so that they outlive a restart and all
// payments processes see one gateway. Must never learn of orders or events: a real one does not either.
import { eq, sql } from "drizzle-orm";
import type { Database } from "@millrace/platform/postgres";
import type { MinorUnits } from "../money.ts";
import type { ChargeAnswer, ChargeRequest, PaymentGateway } from "./gateway.ts";
import type { CallBack } from "./simulated-callbacks.ts";
import { simulatedGatewayCharges as charges } from "./simulated-gateway-table.ts";

export type Behaviour =
  | "take"
  /** Declines the charge. */
  | "decline"
  /** Takes the money, but its first answer is lost. */
  | "lose-answer"
  /** Never hears of the first request; the next one is taken. */
  | "lose-request"
  /** Takes the money, but needs LATE_MS for it, and until then can't say what will come of it. */
  | "take-late"
  /** Takes the money; when it gives it back, its first answer is lost. */
  | "lose-refund-answer";

/** By amount, in minor units: 1313.01 declines, and so on. Every other amount is taken. */
const BEHAVIOURS: ReadonlyMap<MinorUnits, Behaviour> = new Map([
  [131301, "decline"],
  [131302, "lose-answer"],
  [131303, "lose-request"],
  [131304, "take-late"],
  [131305, "lose-refund-answer"],
]);

/** Time, in ms, that a late charge takes: longer than a caller waits by default. */
const LATE_MS = 3_000;

/** Time, in ms, that each call takes: that of a quick provider in the same town. */
const LATENCY_MS = 5;

export interface SimulatedGatewayOptions {
  readonly db: Database;
  readonly latencyMs?: number;
  readonly lateMs?: number;
  /** Sends callbacks; without it none is sent. */
  readonly callBack?: CallBack | undefined;
}

export function createSimulatedGateway(options: SimulatedGatewayOptions): PaymentGateway {
  const { db, latencyMs = LATENCY_MS, lateMs = LATE_MS, callBack } = options;

  return {
    async charge(request, signal) {
      await Bun.sleep(latencyMs);
      const behaviour = BEHAVIOURS.get(request.amount) ?? "take";
      const booked = await book(db, request, behaviour === "take-late" ? lateMs : 0);
      const lost = booked.outcome === "unseen" || (behaviour === "lose-answer" && booked.chargeCalls === 1);
      if (lost) return silence(signal);
      if (booked.pendingMs > 0) {
        await Bun.sleep(booked.pendingMs);
        // The caller may have stopped waiting. A callback that can't be sent is lost.
        void callBack?.(request.paymentId).catch(() => {});
      }
      return answerOf(request.paymentId, booked.outcome);
    },

    async inquire(paymentId) {
      await Bun.sleep(latencyMs);
      const [found] = await db.select(entry).from(charges).where(eq(charges.paymentId, paymentId));
      if (!found || found.outcome === "unseen") return { outcome: "not_found" };
      return found.pendingMs > 0 ? stillAtIt : answerOf(paymentId, found.outcome);
    },

    async withdraw(request) {
      await Bun.sleep(latencyMs);
      const [closed] = await db
        .insert(charges)
        .values({ ...keyOf(request), outcome: "withdrawn" })
        .onConflictDoUpdate({
          target: charges.paymentId,
          set: {
            outcome: sql`case ${charges.outcome} when 'unseen' then 'withdrawn' else ${charges.outcome} end`,
          },
        })
        .returning(entry);
      if (!closed) throw new Error("Withdrawing a charge answered no row");
      if (closed.outcome === "withdrawn") return { outcome: "withdrawn" };
      return closed.pendingMs > 0 ? stillAtIt : answerOf(request.paymentId, closed.outcome);
    },

    async refund({ paymentId, refundId, amount }, signal) {
      await Bun.sleep(latencyMs);
      const [refunded] = await db
        .update(charges)
        .set({
          refundCalls: sql`${charges.refundCalls} + 1`,
          refunded: sql`${charges.refunded} + (${charges.refundId} is distinct from ${refundId})::integer`,
          refundId,
        })
        .where(sql`${charges.paymentId} = ${paymentId} and ${charges.outcome} = 'succeeded'`)
        .returning({ refundCalls: charges.refundCalls });
      if (!refunded) throw new Error(`Nothing was taken under ${paymentId}, so nothing can be given back`);
      if (BEHAVIOURS.get(amount) === "lose-refund-answer" && refunded.refundCalls === 1)
        return silence(signal);
      return { outcome: "refunded", reference: `simulated refund of ${paymentId}` };
    },
  };
}

/** What the books answer of a charge. */
const entry = {
  outcome: charges.outcome,
  chargeCalls: charges.chargeCalls,
  pendingMs: sql<number>`greatest(extract(epoch from ${charges.settlesAt} - now()) * 1000, 0)::float8`,
};

/** Books a request to charge, the first or a repeated one, which is settled after `lateMs`. */
async function book(db: Database, request: ChargeRequest, lateMs: number) {
  const outcome = firstOutcome(BEHAVIOURS.get(request.amount) ?? "take");
  const [booked] = await db
    .insert(charges)
    .values({
      ...keyOf(request),
      outcome,
      settlesAt: sql`now() + make_interval(secs => ${lateMs / 1_000})`,
      chargeCalls: 1,
      taken: outcome === "succeeded" ? 1 : 0,
    })
    .onConflictDoUpdate({
      target: charges.paymentId,
      set: {
        chargeCalls: sql`${charges.chargeCalls} + 1`,
        outcome: sql`case ${charges.outcome} when 'unseen' then 'succeeded' else ${charges.outcome} end`,
        taken: sql`${charges.taken} + (${charges.outcome} = 'unseen')::integer`,
      },
    })
    .returning(entry);
  if (!booked) throw new Error("Booking a charge answered no row");
  return booked;
}

type Outcome = typeof charges.$inferSelect.outcome;

const stillAtIt = { outcome: "unclear", cause: "pending" } as const;

function keyOf({ paymentId, amount, currency }: ChargeRequest) {
  return { paymentId, amount, currency };
}

function firstOutcome(behaviour: Behaviour): Outcome {
  if (behaviour === "decline") return "declined";
  return behaviour === "lose-request" ? "unseen" : "succeeded";
}

function answerOf(paymentId: string, outcome: Outcome): ChargeAnswer {
  switch (outcome) {
    case "succeeded":
      return { outcome, reference: `simulated charge of ${paymentId}` };
    case "declined":
      return { outcome, reason: "The bank declined the charge" };
    case "withdrawn":
      return { outcome: "declined", reason: "The charge was withdrawn before it was made" };
    case "unseen":
      return { outcome: "unclear", cause: "unreachable" };
  }
}

/** An answer that never comes, as one that is lost on its way. */
function silence(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = () => reject(new Error("Nobody waits for the answer any more"));
    if (signal.aborted) end();
    signal.addEventListener("abort", end, { once: true });
  });
}
