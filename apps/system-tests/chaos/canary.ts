// Whether the system is back to normal: orders go the whole way through it, those of every partition.
import { eventually } from "@millrace/testing/eventually";
import { send } from "./load/http-client.ts";
import type { Journal } from "./load/journal.ts";
import type { System } from "./system/system.ts";

/** With four partitions, each is most likely met. */
const CANARIES = 12;
const RECOVERED_WITHIN_MS = 120_000;
const TRY_MS = 5_000;

/** Resolves with the milliseconds until paid orders have gone from HTTP to their rows and back as payments. */
export async function recovery(system: System, journal: Journal, name: string): Promise<number> {
  const startedAt = performance.now();
  const urls = system.ofKind("command-api").map(({ port }) => `http://127.0.0.1:${port}`);
  const ids = Array.from({ length: CANARIES }, (_, index) => `canary-${name}-${index}`);
  await Promise.all(
    ids.map(async (id) => {
      const command = {
        name: id,
        method: "POST" as const,
        path: "/orders",
        body: { orderId: id, amount: 5 },
      };
      const { status, sends, tookMs } = await send(urls, command, {
        timeoutMs: TRY_MS,
        patienceMs: RECOVERED_WITHIN_MS,
      });
      if (status !== 201) throw new Error(`${id} was answered ${status} after ${sends} sends`);
      const expected = [`order-${id} OrderCreated`];
      journal.add({ name: id, expected, ending: "acknowledged", sends, tookMs, status });
    }),
  );
  await eventually(
    async () => {
      const [row] = await system.sql<{ paid: number }[]>`
        select count(*)::int as paid from orders where id = any(${ids}) and payment = 'COMPLETED'`;
      if (row?.paid !== CANARIES) throw new Error(`${row?.paid} of ${CANARIES} canaries are paid`);
    },
    { withinMs: RECOVERED_WITHIN_MS, everyMs: 10 },
  );
  return performance.now() - startedAt;
}
