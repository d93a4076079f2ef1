// Commits that are held open: what was inserted first is committed last, as slow transactions do it.
import { appendWithin } from "@millrace/store/testing/append-batch";
import type { Fault } from "./fault.ts";

/** Streams that one held transaction writes. */
const STREAMS = 20;
/** Long enough for the relay to pass by many later entries. */
const HELD_FROM_MS = 500;
const HELD_TO_MS = 4_000;
const HOLDERS = 3;

/**
 * Appends by the real statement, in transactions that stay open for a while. Their places in the events and in
 * the outbox are drawn at once and seen much later, with thousands of later ones published in between.
 */
const hold: Fault = {
  name: "hold-commits",
  weight: 2,
  async run({ system, journal, random }) {
    const heldMs = random.between(HELD_FROM_MS, HELD_TO_MS);
    const held = Array.from({ length: HOLDERS }, async (_, holder) => {
      const names = Array.from(
        { length: STREAMS },
        (_, index) => `held-${random.between(0, 1e9)}-${holder}-${index}`,
      );
      await system.sql.begin(async (tx) => {
        const at = new Date().toISOString();
        const data = (name: string) => ({
          orderId: name,
          customer: "Hal",
          lines: [],
          amount: 0,
          currency: "USD",
          written: {},
        });
        await appendWithin(
          tx as unknown as typeof system.sql,
          names.map((name) => ({
            stream: `order-${name}`,
            expectedVersion: 0,
            events: [{ type: "OrderCreated", schemaVersion: 1, data: data(name) }],
            metadata: { actor: "chaos", correlationId: name, causationId: name },
            at,
          })),
        );
        await Bun.sleep((heldMs * (holder + 1)) / HOLDERS);
      });
      for (const name of names) {
        const expected = [`order-${name} OrderCreated`];
        journal.add({ name, expected, ending: "acknowledged", sends: 1, tookMs: heldMs });
      }
    });
    await Promise.all(held);
    return `${HOLDERS} transactions of ${STREAMS} streams each, for up to ${heldMs} ms`;
  },
};

export const holds: readonly Fault[] = [hold];
