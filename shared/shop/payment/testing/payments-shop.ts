// For tests: a shop with a real Postgres, in which what Kafka would do is done by hand: `deliver` gives an
// order's events to the handler as its topic would. Must never stand in for the dispatcher or the gateway.
import { eq } from "drizzle-orm";
import { streamName } from "@millrace/events/envelope";
import { toRecord } from "@millrace/kafka/event-record";
import { createLog } from "@millrace/platform/log";
import { connectPostgres } from "@millrace/platform/postgres";
import { type Appender, createAppender } from "@millrace/store/appender";
import { createLoader } from "@millrace/store/load";
import { createStreamQueues } from "@millrace/store/stream-queues";
import { type EventStore, transact } from "@millrace/store/transact";
import { orderCodec } from "../../order/codec.ts";
import type { OrderCommand } from "../../order/commands.ts";
import { orderDecider } from "../../order/decide.ts";
import { boundGateway, type PaymentGateway } from "../gateway.ts";
import { type Dispatcher, type DispatcherOptions, startDispatcher } from "../process/dispatcher.ts";
import { paymentTasks } from "../process/table.ts";
import { paymentTaskHandler } from "../process/task-handler.ts";
import { createSimulatedGateway } from "../simulated-gateway.ts";
import { simulatedGatewayCharges } from "../simulated-gateway-table.ts";

export type Shop = ReturnType<typeof openShop>;

export interface Shift
  extends Partial<Pick<DispatcherOptions, "callsMax" | "leaseMs" | "pollMs" | "pauseMostMs">> {
  /** The simulated one where none is given. */
  readonly gateway?: PaymentGateway;
  readonly gatewayTimeoutMs?: number;
  /** Around the shop's own. */
  readonly appender?: (own: Appender) => Appender;
}

export function openShop(databaseUrl: string) {
  const { sql, db } = connectPostgres({ url: databaseUrl, name: "payments-test", connectionsMax: 8 });
  const store: EventStore = {
    appender: createAppender(sql, {
      queueMax: 1_000,
      queueBytesMax: 10_000_000,
      batchMax: 100,
      flightsMax: 2,
    }),
    loader: createLoader(sql),
    now: () => new Date().toISOString(),
    queues: createStreamQueues({ waitingMax: 1_000 }),
    raceMsMax: 5_000,
  };
  const log = createLog("payments-test", "silent");
  const dispatchers: Dispatcher[] = [];
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
    sql,
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

    /** The order's events reach the handler, all of them, however often before. Answers whether that left a task. */
    async deliver(orderId: string): Promise<boolean> {
      const events = await eventsOf("order", orderId);
      const records = events.map((event, offset) => {
        const { key, value, headers } = toRecord(event);
        return { partition: 0, offset, key, value, headers, timestamp: "0" };
      });
      return db.transaction(async (tx) => {
        await paymentTaskHandler.apply(tx, records);
        const tasks = await tx.select().from(paymentTasks).where(eq(paymentTasks.orderId, orderId));
        return tasks.length > 0;
      });
    },

    dispatch({
      gateway = simulated,
      gatewayTimeoutMs = 200,
      appender = (own) => own,
      ...bounds
    }: Shift = {}): Dispatcher {
      const dispatcher = startDispatcher({
        sql,
        log,
        process: {
          // As in a process of its own.
          store: {
            ...store,
            appender: appender(store.appender),
            queues: createStreamQueues({ waitingMax: 1_000 }),
          },
          gateway: boundGateway(gateway, { timeoutMs: gatewayTimeoutMs, log }),
        },
        ...{ callsMax: 8, leaseMs: 1_000, pollMs: 100, ...bounds },
      });
      dispatchers.push(dispatcher);
      return dispatcher;
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

    async tasks(): Promise<number> {
      const [row] = await sql`select count(*)::integer as tasks from payment_tasks`;
      return row?.tasks;
    },

    async close(): Promise<void> {
      await Promise.all(dispatchers.map((dispatcher) => dispatcher.stop()));
      await sql.end({ timeout: 1 });
    },
  };
}
