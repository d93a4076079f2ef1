// SIGTERM under load: in-flight work is finished or handed over, exit 0, within the named time.
import { readConfig } from "@millrace/platform/config";
import { eventually } from "@millrace/testing/eventually";
import type { Service } from "../system/service.ts";
import { KINDS, type System } from "../system/system.ts";
import type { Fault, FaultContext } from "./fault.ts";

const DRAIN_MS = readConfig({}).MILLRACE_DRAIN_MS;

export const drains: readonly Fault[] = KINDS.map((kind) => ({
  name: `drain-${kind}`,
  weight: 1,
  async run(context) {
    const { system, random } = context;
    const service = random.pick(system.ofKind(kind));
    const ended = kind === "command-api" ? await drainInFlight(context, service) : await service.terminate();
    const { code, signal, tookMs } = ended;
    if (code !== 0) throw new Error(`${service.name} answered SIGTERM with ${signal ?? `exit code ${code}`}`);
    if (tookMs > DRAIN_MS) throw new Error(`${service.name} took ${tookMs} ms to drain`);
    return `${service.name} drained within ${tookMs} ms`;
  },
}));

/** From SIGTERM on, the request that is in flight waits for this long. */
const HELD_MS = 1_000;

/**
 * SIGTERM while a request is certain to be in flight: its append waits for a transaction of ours that holds the
 * place in the stream. It has to be answered, and with what is true.
 */
async function drainInFlight({ system, journal, random }: FaultContext, service: Service) {
  const name = `drained-${random.between(0, 1e9)}`;
  const held = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const holding = system.sql
    .begin(async (tx) => {
      await tx`
        insert into events (stream, version, type, schema_version, at, metadata, data)
        values (${`order-${name}`}, 1, 'OrderCreated', 1, now(), '{}', '{}')`;
      held.resolve();
      await release.promise;
      throw new Error("called off");
    })
    .catch(() => {});
  await held.promise;
  const answer = fetch(`http://127.0.0.1:${service.port}/orders`, {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": name, "x-correlation-id": name },
    body: JSON.stringify({ orderId: name, customer: "Dora", items: ["pen"] }),
  });
  answer.catch(() => {});
  await waitsForLock(system);
  const ended = service.terminate();
  await Bun.sleep(HELD_MS);
  release.resolve();
  await holding;
  const { status } = await answer;
  if (status !== 201) throw new Error(`${service.name} answered ${status} to what was in flight at SIGTERM`);
  const expected = [`order-${name} OrderCreated`];
  journal.add({ name, expected, ending: "acknowledged", sends: 1, tookMs: HELD_MS, status });
  return ended;
}

function waitsForLock({ sql }: System): Promise<void> {
  return eventually(async () => {
    const [row] = await sql<{ waiting: number }[]>`
      select count(*)::int as waiting from pg_stat_activity
      where wait_event_type = 'Lock' and query like 'call append_%'`;
    if (row?.waiting === 0) throw new Error("no append waits for the held transaction");
  });
}
