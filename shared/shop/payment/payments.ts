// Payments as a process: the events that wake it, its calls to the gateway, and what follows from the answers.
import type { RecordedEvent } from "@millrace/events/envelope";
import { textAt } from "@millrace/processes/callback-source";
import { defineProcess } from "@millrace/processes/define-process";
import type { Call, Opened, ProcessDefinition, Wake } from "@millrace/processes/process";
import { orderCodec } from "../order/codec.ts";
import type { OrderEvent } from "../order/events.ts";
import { shopVariables } from "../settings.ts";
import { createGateway, gatewayNameOf, SIMULATED } from "./choose-gateway.ts";
import type { PaymentCommand } from "./decide.ts";
import type { ChargeAnswer, PaymentGateway, RefundAnswer, WithdrawalAnswer } from "./gateway.ts";
import {
  type Charge,
  nextStep,
  type PaymentCalls,
  type PaymentSettings,
  paymentStreams,
  wakesPayment,
} from "./payment-process.ts";

type Streams = typeof paymentStreams;

const NOTICE =
  "The payment gateway is simulated: no money moves, whatever an order says of its payment. MILLRACE_GATEWAY names a real one";

/** Names are storage format, and so is the key at the gateway, in payment-process.ts. */
export const paymentsDefinition: ProcessDefinition<Streams, PaymentCalls, PaymentSettings> = {
  name: "payments",
  projection: "payment-tasks",
  streams: paymentStreams,
  begunBy: "payment",
  wakes: [{ on: paymentStreams.order, look: lookAtOrder, glance } satisfies Wake<OrderEvent>],
  // A payment has its order's id, and so has what the gateway tells of it.
  callbacks: { key: textAt("data", "paymentId") },
  next: nextStep,
  open({ config, db }): Opened<Streams, PaymentCalls, PaymentSettings> {
    const gateway = gatewayNameOf(config);
    const variables = shopVariables(config);
    return {
      settings: { dueMs: variables.MILLRACE_PAYMENT_DUE },
      calls: callsOf(createGateway(gateway, { config, db })),
      keysMax: variables.MILLRACE_GATEWAY_CALLS_MAX,
      callMsMax: variables.MILLRACE_GATEWAY_TIMEOUT_MS,
      about: gateway === SIMULATED ? { gateway, notice: NOTICE } : { gateway },
    };
  },
};

export const payments = defineProcess(paymentsDefinition);

/** An order that is called off owes nothing unless an amount was named before, by which its payment began. */
function lookAtOrder(event: RecordedEvent<OrderEvent>): "begins" | "goes on" | undefined {
  if (!wakesPayment(event)) return undefined;
  return NAMING_AMOUNTS.has(event.type) ? "begins" : "goes on";
}

function glance(type: string, data: () => Readonly<Record<string, unknown>>): boolean {
  if (!NAMING_AMOUNTS.has(type)) return GOING_ON.has(type) || orderCodec.schemaVersionOf(type) === undefined;
  const { amount } = data();
  return typeof amount !== "number" || amount > 0;
}

const NAMING_AMOUNTS: ReadonlySet<string> = new Set<OrderEvent["type"]>(["OrderCreated", "OrderChanged"]);
const GOING_ON: ReadonlySet<string> = new Set<OrderEvent["type"]>([
  "OrderCancelled",
  "OrderDeleted",
  "OrderRefused",
  // Its payment waits for it, so it has a task.
  "OrderStockReserved",
]);

export function callsOf(gateway: PaymentGateway): {
  [Name in keyof PaymentCalls]: Call<Streams, Charge, { outcome: string }>;
} {
  const charge = ({ amount, currency }: Charge, paymentId: string, signal: AbortSignal) =>
    gateway.charge({ paymentId, amount, currency }, signal);
  return {
    charge: {
      run: (request, { key, signal }) => charge(request, key, signal),
      follow: (answer: ChargeAnswer, { orderId }) => settled(orderId, answer),
    },
    inquire: {
      async run(request, { key, signal }) {
        const answer = await gateway.inquire(key, signal);
        // Should the first request arrive after all, the key makes the two one charge.
        return answer.outcome === "not_found" ? charge(request, key, signal) : answer;
      },
      follow: (answer: ChargeAnswer, { orderId }) => settled(orderId, answer),
    },
    withdraw: {
      run: ({ amount, currency }, { key, signal }) =>
        gateway.withdraw({ paymentId: key, amount, currency }, signal),
      follow: (answer: WithdrawalAnswer, { orderId }) => settled(orderId, answer),
    },
    refund: {
      run: ({ orderId, amount, currency }, { key, signal }) =>
        gateway.refund({ paymentId: orderId, refundId: key, amount, currency }, signal),
      // A refund without an answer leaves the payment as completed as it was.
      follow: (answer: RefundAnswer, { orderId }) =>
        answer.outcome === "refunded"
          ? onPayment({ type: "CompleteRefund", orderId, gatewayReference: answer.reference })
          : undefined,
    },
  };
}

function settled(orderId: string, answer: WithdrawalAnswer): { on: "payment"; command: PaymentCommand } {
  switch (answer.outcome) {
    case "succeeded":
      return onPayment({ type: "CompletePayment", orderId, gatewayReference: answer.reference });
    case "declined":
      return onPayment({ type: "FailPayment", orderId, reason: answer.reason });
    case "withdrawn": {
      const reason = "The order was called off before anything was paid";
      return onPayment({ type: "FailPayment", orderId, reason });
    }
    case "unclear":
      return onPayment({ type: "MarkPaymentUnknown", orderId, cause: answer.cause });
  }
}

function onPayment(command: PaymentCommand): { on: "payment"; command: PaymentCommand } {
  return { on: "payment", command };
}
