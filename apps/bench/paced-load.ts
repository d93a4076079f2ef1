// Orders at a steady pace, open loop: each is sent when it is due, and a slow answer delays nobody else's.
import type { OrderClient } from "./orders.ts";

export interface Pace {
  readonly seconds: number;
  readonly perSecond: number;
  /** One order in this many is followed to its read; the others are load. */
  readonly followed: number;
  /** Of the n-th order's request; one that has any is not followed. */
  headers?(n: number): Readonly<Record<string, string>> | undefined;
  onAccepted?(tookMs: number, headers: Readonly<Record<string, string>> | undefined): void;
  onVisible(tookMs: number): void;
}

export interface PacedResult {
  readonly sent: number;
  readonly perSecond: number;
  /** Refused, broken off, or not sent since too many were under way. */
  readonly errors: number;
}

const TICK_MS = 5;
/** A system that is so far behind is overloaded, and no more is learnt by sending more. */
const UNDER_WAY_MAX = 5_000;

export async function pacedLoad(orders: OrderClient, pace: Pace): Promise<PacedResult> {
  const underWay = new Set<Promise<void>>();
  let errors = 0;
  const one = async (n: number) => {
    const sentAt = performance.now();
    const headers = pace.headers?.(n);
    const id = await orders.post(headers);
    pace.onAccepted?.(performance.now() - sentAt, headers);
    if (headers !== undefined || n % pace.followed !== 0) return;
    await orders.read(id);
    pace.onVisible(performance.now() - sentAt);
  };
  const startedAt = performance.now();
  const elapsedSeconds = () => (performance.now() - startedAt) / 1000;
  let sent = 0;
  while (elapsedSeconds() < pace.seconds) {
    for (const due = Math.floor(elapsedSeconds() * pace.perSecond); sent < due; sent++) {
      if (underWay.size >= UNDER_WAY_MAX) {
        errors++;
        continue;
      }
      const request = one(sent)
        .catch(() => {
          errors++;
        })
        .finally(() => underWay.delete(request));
      underWay.add(request);
    }
    await Bun.sleep(TICK_MS);
  }
  await Promise.all(underWay);
  return { sent, perSecond: sent / elapsedSeconds(), errors };
}
