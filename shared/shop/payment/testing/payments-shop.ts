// For tests: orders and their payments on a stage of the processes' own.
import { eq } from "drizzle-orm";
import { streamName } from "@millrace/events/envelope";
import type { Dispatcher } from "@millrace/processes/dispatcher";
import { processTasks } from "@millrace/processes/tables";
import { openStage, type Shift as StageShift } from "@millrace/processes/testing/stage";
import { transact } from "@millrace/store/transact";
import { orderCodec } from "../../order/codec.ts";
import type { OrderCommand } from "../../order/commands.ts";
import { orderDecider } from "../../order/decide.ts";
import type { PaymentGateway } from "../gateway.ts";
import { callsOf, payments, paymentsDefinition } from "../payments.ts";
import { createSimulatedGateway } from "../simulated-gateway.ts";
import { simulatedGatewayCharges } from "../simulated-gateway-table.ts";

export interface Shift extends StageShift {
  /** The simulated one where none is given. */
  readonly gateway?: PaymentGateway;
  /** How long orders have to be paid. */
  readonly dueMs?: number;
}

export function openShop(databaseUrl: string) {
  const stage = openStage(databaseUrl);
  const { db, store } = stage;
  const simulated = createSimulatedGateway({ db, lateMs: 600 });

  const eventsOf = (category: "order" | "payment", id: string) => store.loader.load(streamName(category, id));

  const command = async (orderId: string, order: OrderCommand) => {
    const outcome = await transact(
      store,
      { decider: orderDecider, codec: orderCodec },
      {
        aggregateId: orderId,
        commands: [order],
        metadata: { actor: "test", correlationId: `request of ${orderId}`, causationId: "test" },
      },
    );
    return outcome.outcome;
  };

  return {
    ...stage,
    simulated,
    eventsOf,
    command,

    /** Only in the store: nobody has heard of it yet. */
    async createOrder(amount: number): Promise<string> {
      const orderId = crypto.randomUUID();
      const content = { customer: "Alice", lines: [], amount, currency: "USD", written: {} };
      await command(orderId, { type: "CreateOrder", orderId, ...content });
      return orderId;
    },

    /** The order's events reach the process, all of them, however often before. Answers whether that left a task. */
    async deliver(orderId: string): Promise<boolean> {
      let isLeft = false;
      await stage.deliver(payments, streamName("order", orderId), async (tx) => {
        const tasks = await tx.select().from(processTasks).where(eq(processTasks.key, orderId));
        isLeft = tasks.length > 0;
      });
      return isLeft;
    },

    dispatch({ gateway = simulated, dueMs, ...shift }: Shift = {}): Dispatcher {
      return stage.dispatch(paymentsDefinition, { settings: { dueMs }, calls: callsOf(gateway) }, shift);
    },

    /** What became of it: names of its payment's events, and what the order says of it. */
    async story(orderId: string): Promise<{ payment: string[]; order: string }> {
      const orderEvents = (await eventsOf("order", orderId)).map((event) => orderCodec.decode(event));
      const recorded = orderEvents.findLast((event) => event.type === "OrderPaymentRecorded");
      const payment = (await eventsOf("payment", orderId)).map((event) => event.type);
      return { payment, order: recorded?.data.payment ?? "PENDING" };
    },

    /** What the gateway's books hold over this amount, under whatever key. */
    ledger: (amount: number) =>
      db.select().from(simulatedGatewayCharges).where(eq(simulatedGatewayCharges.amount, amount)),

    /** What they hold for this payment. */
    async charge(orderId: string) {
      const { paymentId } = simulatedGatewayCharges;
      const [charge] = await db.select().from(simulatedGatewayCharges).where(eq(paymentId, orderId));
      return charge;
    },
  };
}
