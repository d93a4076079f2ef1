// Machines that disagree: a clock that is off, and code that is newer than what reads its events.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { eventually } from "@millrace/testing/eventually";
import { type Command, send } from "../load/http-client.ts";
import { copyCheckout } from "../system/copy-checkout.ts";
import type { Service } from "../system/service.ts";
import type { Fault, FaultContext } from "./fault.ts";

const READY_WITHIN_MS = 60_000;
const BOUNDS = { timeoutMs: 10_000, patienceMs: 60_000 };
const HOUR_MS = 3_600_000;
const CLOCK_OFF = fileURLToPath(new URL("../clock-off.ts", import.meta.url));

/** One command API an hour behind or ahead changes what others have made: versions order, times only label. */
const clock: Fault = {
  name: "clock-off",
  weight: 1,
  async run(context) {
    const { system, random } = context;
    const offMs = random.pick([-HOUR_MS, HOUR_MS]);
    const right = random.pick(system.ofKind("command-api"));
    const id = `clock-${random.between(0, 1e9)}`;
    const off = await system.add("command-api", {
      preload: CLOCK_OFF,
      environment: { MILLRACE_CHAOS_CLOCK_MS: String(offMs) },
    });
    try {
      await off.ready(READY_WITHIN_MS);
      await ask(
        context,
        right,
        { id, method: "POST", path: "/orders", body: { orderId: id, customer: "Kim", items: ["pen"] } },
        "OrderCreated",
      );
      await ask(
        context,
        off,
        { id, method: "PATCH", path: `/orders/${id}`, body: { customer: "Kim II" } },
        "OrderChanged",
      );
      await ask(
        context,
        right,
        { id, method: "PATCH", path: `/orders/${id}`, body: { status: "shipped" } },
        "OrderShipped",
      );
    } finally {
      await off.terminate({ leave: true });
      system.remove(off);
    }
    await agreesWithItself(context, id);
    return `${off.name} was ${offMs / HOUR_MS} h off`;
  },
};

/** What the order was at any time has to be a beginning of its history, whatever the clocks said. */
async function agreesWithItself({ system }: FaultContext, id: string): Promise<void> {
  const [query] = system.ofKind("query-api");
  const url = `http://127.0.0.1:${query?.port}/orders/${id}`;
  const order = await (await fetch(`${url}?minVersion=3&wait=30000`)).json();
  if (order.updatedAt < order.createdAt) throw new Error(`${id} was updated before it was created`);
  for (const offMs of [-HOUR_MS, -HOUR_MS / 2, 0, HOUR_MS / 2, HOUR_MS]) {
    const at = new Date(Date.now() + offMs).toISOString();
    const { status } = await fetch(`${url}?at=${at}`);
    if (status !== 200 && status !== 404) throw new Error(`${id} at ${at} was answered ${status}`);
  }
}

const ORDERS = 8;
/** Longer than it takes a reader to give an event up. */
const UNREAD_MS = 4_000;

/** A rollout in which writers come first: readers wait for their own, and nothing is parked or refused for good. */
const newer: Fault = {
  name: "newer-writers",
  weight: 1,
  async run(context) {
    const { system, random } = context;
    const run = random.between(0, 1e9);
    const root = join(system.directory, `newer-${run}`);
    copyCheckout(system.root, root);
    const version = raiseSchemaVersion(root);
    const writer = await system.add("command-api", { root });
    await writer.ready(READY_WITHIN_MS);
    const ids = Array.from({ length: ORDERS }, (_, index) => `newer-${run}-${index}`);
    for (const id of ids) {
      await ask(
        context,
        writer,
        { id, method: "POST", path: "/orders", body: { orderId: id, amount: 7 } },
        "OrderCreated",
      );
    }
    await Bun.sleep(UNREAD_MS);
    const failed = await system.sql<
      { cause: string }[]
    >`select cause from dead_letters where kind = 'failed'`;
    if (failed.length > 0) throw new Error(`parked though it is only newer: ${failed[0]?.cause}`);
    for (const service of system.services) if (service !== writer) await service.deploy(root);
    system.root = root;
    await writer.terminate({ leave: true });
    system.remove(writer);
    await system.ready(READY_WITHIN_MS);
    await eventually(
      async () => {
        const [row] = await system.sql<{ paid: number }[]>`
          select count(*)::int as paid from orders where id = any(${ids}) and payment = 'COMPLETED'`;
        if (row?.paid !== ORDERS) throw new Error(`${row?.paid} of ${ORDERS} newer orders are paid`);
      },
      { withinMs: READY_WITHIN_MS },
    );
    return `OrderCreated v${version} from one command API, then from all`;
  },
};

/** Gives OrderCreated the next schema version, whose data is as before. Answers that version. */
function raiseSchemaVersion(root: string): number {
  const file = join(root, "shared/shop/order/codec.ts");
  const text = readFileSync(file, "utf8");
  const before = /OrderCreated: \{\s+schemaVersion: (\d+),/.exec(text);
  if (!before) throw new Error(`OrderCreated's schema version is not where it was in ${file}`);
  const version = Number(before[1]) + 1;
  const upcasters = Array.from({ length: version - 1 }, () => "(data) => data").join(", ");
  const raised = text
    .replace(before[0], before[0].replace(/\d+,$/, `${version},`))
    .replace(/(OrderCreated: \{[\s\S]*?upcasters: )\[[^\]]*\]/, `$1[${upcasters}]`);
  writeFileSync(file, raised);
  return version;
}

async function ask(
  { journal, random }: FaultContext,
  service: Service,
  { id, ...command }: Omit<Command, "name"> & { id: string },
  type: string,
): Promise<void> {
  const name = `${id}-${type}-${random.between(0, 1e9)}`;
  const final = await send([`http://127.0.0.1:${service.port}`], { name, ...command }, BOUNDS);
  if (final.status === undefined || final.status > 299)
    throw new Error(`${type} of ${id} was answered ${final.status}`);
  const { status, sends, tookMs } = final;
  journal.add({ name, expected: [`order-${id} ${type}`], ending: "acknowledged", sends, tookMs, status });
}

export const rollouts: readonly Fault[] = [clock, newer];
