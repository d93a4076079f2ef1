// One order's payment, step by step until nothing is left to do: load, ask the domain for the next step, act.
// Must never call the gateway before the event that says so is stored, nor remember anything but events: it
// may stop anywhere, and whoever takes the order up next goes on from what is in the store.
import { type EventMetadata, eventId, streamName } from "@millrace/events/envelope";
import { Failure } from "@millrace/platform/failure";
import { read } from "@millrace/store/present";
import { type EventStore, type Outcome, transact } from "@millrace/store/transact";
import { orderCodec } from "../order/codec.ts";
import { orderDecider } from "../order/decide.ts";
import { orderSnapshot } from "../order/snapshot.ts";
import type { OrderState } from "../order/state.ts";
import { paymentCodec } from "./codec.ts";
import type { PaymentCommand } from "./commands.ts";
import { paymentDecider } from "./decide.ts";
import type { BoundedGateway, ChargeAnswer, RefundAnswer, WithdrawalAnswer } from "./gateway.ts";
import { nextStep, type PaymentStep, wakesPayment } from "./payment-process.ts";
import type { PaymentState } from "./state.ts";

export interface PaymentProcess {
  readonly store: EventStore;
  readonly gateway: BoundedGateway;
}

/** `later`: the gateway gave no clear answer, ask again after a pause. `interrupted`: the process is stopping. */
export type Settlement = "done" | "later" | "interrupted";

/** Steps in a row; the longest way, from no payment to a refund, takes eight. */
const STEPS_MAX = 20;

const order = { decider: orderDecider, codec: orderCodec, snapshot: orderSnapshot };
const payment = { decider: paymentDecider, codec: paymentCodec };

/** @throws Failure what Postgres and lost races throw; `payment_contradicted` where the gateway took back its word. */
export async function settlePayment(
  { store, gateway }: PaymentProcess,
  orderId: string,
  stopping: AbortSignal,
): Promise<Settlement> {
  let known = await load(store, orderId);
  let unclear = false;
  for (let steps = 0; steps < STEPS_MAX; steps++) {
    const step = nextStep(known.payment.state, known.order.state);
    if (step.kind === "done") return "done";
    if (stopping.aborted) return "interrupted";
    switch (step.kind) {
      case "decide":
        await decidePayment(store, known, step.command, known.reason);
        break;
      case "record":
        known = await recordIntoOrder(store, known, step);
        break;
      default: {
        if (unclear) return "later";
        const answer = await askGateway(gateway, step);
        unclear = answer.outcome === "unclear";
        const command = commandAfter(orderId, step, answer);
        if (command) await decidePayment(store, known, command, lastPaymentEvent(known));
      }
    }
  }
  throw new Failure("payment_unsettled", `Payment ${orderId} is not settled after ${STEPS_MAX} steps`, true);
}

/** What is known of an order's payment while it is worked on. */
interface Known {
  readonly orderId: string;
  readonly origin: EventMetadata | undefined;
  /** The order's event that gave reason to look. */
  readonly reason: string;
  readonly order: { readonly state: OrderState; readonly version: number };
  payment: { state: PaymentState; version: number };
}

async function load(store: EventStore, orderId: string): Promise<Known> {
  const orderStream = streamName(orderDecider.category, orderId);
  let origin: EventMetadata | undefined;
  let reasonVersion = 1;
  const [orderPresent, paymentPresent] = await Promise.all([
    read(store, order, orderStream, (event) => {
      origin ??= event.metadata;
      if (wakesPayment(event)) reasonVersion = event.version;
    }),
    read(store, payment, streamName(paymentDecider.category, orderId)),
  ]);
  return {
    orderId,
    origin,
    reason: eventId(orderStream, reasonVersion),
    order: orderPresent,
    payment: paymentPresent,
  };
}

async function decidePayment(
  store: EventStore,
  known: Known,
  command: PaymentCommand,
  causationId: string,
): Promise<void> {
  const outcome = await transact(store, payment, {
    aggregateId: known.orderId,
    commands: [command],
    metadata: metadataOf(known, causationId),
    likelyNew: command.type === "RequestPayment" || command.type === "ForgoPayment",
  });
  known.payment = accepted(outcome, `${command.type} of ${known.orderId}`);
}

async function recordIntoOrder(
  store: EventStore,
  known: Known,
  { command }: Extract<PaymentStep, { kind: "record" }>,
): Promise<Known> {
  const causationId = known.payment.version === 0 ? known.reason : lastPaymentEvent(known);
  const outcome = await transact(store, order, {
    aggregateId: known.orderId,
    commands: [command],
    metadata: metadataOf(known, causationId),
  });
  const recorded = accepted(outcome, `RecordPayment ${command.payment} of ${known.orderId}`);
  // Someone else's event in between may be a new reason, and what follows has to name it.
  if (recorded.version !== known.order.version + 1) return load(store, known.orderId);
  return { ...known, order: recorded };
}

type GatewayStep = Extract<PaymentStep, { kind: "charge" | "inquire" | "withdraw" | "refund" }>;

async function askGateway(
  gateway: BoundedGateway,
  step: GatewayStep,
): Promise<ChargeAnswer | WithdrawalAnswer | RefundAnswer> {
  const { orderId: paymentId, amount, currency } = step.charge;
  const request = { paymentId, amount, currency };
  switch (step.kind) {
    case "charge":
      return gateway.charge(request);
    case "inquire": {
      const answer = await gateway.inquire(paymentId);
      // Should the first request arrive after all, the key makes the two one charge.
      return answer.outcome === "not_found" ? gateway.charge(request) : answer;
    }
    case "withdraw":
      return gateway.withdraw(request);
    case "refund":
      return gateway.refund({ ...request, refundId: `refund of ${paymentId}` });
  }
}

function commandAfter(
  orderId: string,
  step: GatewayStep,
  answer: ChargeAnswer | WithdrawalAnswer | RefundAnswer,
): PaymentCommand | undefined {
  switch (answer.outcome) {
    case "succeeded":
      return { type: "CompletePayment", orderId, gatewayReference: answer.reference };
    case "declined":
      return { type: "FailPayment", orderId, reason: answer.reason };
    case "withdrawn":
      return { type: "FailPayment", orderId, reason: "The order was called off before anything was paid" };
    case "refunded":
      return { type: "CompleteRefund", orderId, gatewayReference: answer.reference };
    case "unclear":
      // A refund without an answer leaves the payment as completed as it was.
      return step.kind === "refund"
        ? undefined
        : { type: "MarkPaymentUnknown", orderId, cause: answer.cause };
  }
}

function metadataOf({ origin, orderId }: Known, causationId: string): EventMetadata {
  const metadata = { actor: "payments", correlationId: origin?.correlationId ?? orderId, causationId };
  return origin?.traceparent ? { ...metadata, traceparent: origin.traceparent } : metadata;
}

function lastPaymentEvent({ orderId, payment }: Known): string {
  return eventId(streamName(paymentDecider.category, orderId), payment.version);
}

/** A refusal here means that the gateway's answer contradicts what is stored: people have to look at it. */
function accepted<State, Event, Refusal extends { readonly code: string }>(
  outcome: Outcome<State, Event, Refusal>,
  attempted: string,
): { state: State; version: number } {
  if (outcome.outcome === "accepted") return { state: outcome.state, version: outcome.version };
  const why = outcome.outcome === "refused" ? outcome.refusal.code : outcome.outcome;
  throw new Failure("payment_contradicted", `${attempted} was refused: ${why}`, false);
}
