import { expect, test } from "bun:test";
import fc from "fast-check";
import { fold } from "@millrace/domain/decider";
import { propertyRun } from "@millrace/testing/seed";
import type { OrderCommand } from "../order/commands.ts";
import { orderDecider } from "../order/decide.ts";
import type { OrderEvent } from "../order/events.ts";
import { type PaymentCommand, type PaymentEvent, paymentDecider } from "./decide.ts";
import { nextStep, type PaymentCalls, type PaymentStep } from "./payment-process.ts";

const orderId = "order-1";
const created: OrderEvent = {
  type: "OrderCreated",
  data: { orderId, currency: "EUR", customer: null, lines: [], amount: 500, written: { amount: 5 } },
};

// Two workers on one order, each stopped or killed anywhere, while the client does as it likes and the gateway's
// answers get lost. Then one worker runs to the end: money and both streams must agree.
const clientCommands = fc.constantFrom<OrderCommand>(
  { type: "CancelOrder" },
  { type: "DeleteOrder" },
  { type: "ShipOrder" },
  { type: "DeliverOrder" },
);
const happening = fc.oneof(
  { weight: 1, arbitrary: fc.record({ who: fc.constant("client" as const), command: clientCommands }) },
  {
    weight: 8,
    arbitrary: fc.record({
      who: fc.constant("worker" as const),
      worker: fc.constantFrom(0, 1),
      killed: fc.nat(7).map((roll) => roll === 0),
      answerLost: fc.nat(2).map((roll) => roll === 0),
    }),
  },
);
const scenario = fc.record({ declines: fc.boolean(), happenings: fc.array(happening, { maxLength: 40 }) });

test("a called off order keeps no money and a standing one is paid once or has failed", () => {
  fc.assert(
    fc.property(scenario, ({ declines, happenings }) => {
      const world = new World(declines);
      for (const one of happenings) {
        if (one.who === "client") world.ask(one.command);
        else world.work(one.worker, one);
      }
      world.workToTheEnd();

      const order = fold(orderDecider, world.orderEvents);
      if (!order.exists) throw new Error("the order was created");
      const off = order.status === "CANCELLED" || (order.deleted && order.status === "CREATED");
      expect(world.balance).toBe(off || declines ? 0 : 500);
      expect(order.payment).toBeOneOf(off ? ["FAILED", "REFUNDED"] : [declines ? "FAILED" : "COMPLETED"]);
      if (world.calledOffBeforeRequest) expect(world.chargesTaken).toBe(0);
    }),
    propertyRun(2000),
  );
});

/** One order, its payment, two workers in the middle of something, and a gateway that keeps one answer per key. */
class World {
  readonly orderEvents: OrderEvent[] = [created];
  readonly paymentEvents: PaymentEvent[] = [];
  readonly #declines: boolean;
  readonly #workers: ({ step: PaymentStep; command?: PaymentCommand } | undefined)[] = [];
  #chargeAnswer: "taken" | "declined" | undefined;
  balance = 0;
  chargesTaken = 0;
  calledOffBeforeRequest = false;

  constructor(declines: boolean) {
    this.#declines = declines;
  }

  ask(command: OrderCommand): void {
    const decision = orderDecider.decide(command, fold(orderDecider, this.orderEvents));
    if (!decision.accepted) return;
    this.orderEvents.push(...decision.events);
    const order = fold(orderDecider, this.orderEvents);
    const off =
      order.exists && (order.status === "CANCELLED" || (order.deleted && order.status === "CREATED"));
    if (off && this.paymentEvents.length === 0) this.calledOffBeforeRequest = true;
  }

  /** One of a round's three parts: load and decide what to do, ask the gateway, append. */
  work(worker: number, { killed = false, answerLost = false }): PaymentStep["kind"] | undefined {
    const held = this.#workers[worker];
    this.#workers[worker] = undefined;
    if (killed) return undefined;
    if (held === undefined) {
      const states = {
        order: { state: fold(orderDecider, this.orderEvents), ...known(this.orderEvents) },
        payment: { state: fold(paymentDecider, this.paymentEvents), ...known(this.paymentEvents) },
      };
      const step = nextStep(states, 0, { dueMs: undefined });
      this.#workers[worker] = { step };
      return step.kind;
    }
    const { step, command } = held;
    if (command) this.#append(command);
    else if (step.kind === "decide" && step.on === "order") this.ask(step.command);
    else if (step.kind === "decide") this.#append(step.command);
    else if (step.kind === "call") {
      this.#workers[worker] = { step, command: this.#gateway(step.call, answerLost) };
    }
    return undefined;
  }

  workToTheEnd(): void {
    for (const worker of [0, 1, 0]) {
      const partsMax = 60;
      let parts = 0;
      while (this.work(worker, {}) !== "done") {
        if (++parts > partsMax) throw new Error("the process does not come to an end");
      }
    }
  }

  #append(command: PaymentCommand): void {
    const decision = paymentDecider.decide(command, fold(paymentDecider, this.paymentEvents));
    if (decision.accepted) this.paymentEvents.push(...decision.events);
  }

  #gateway(kind: keyof PaymentCalls, answerLost: boolean): PaymentCommand {
    if (kind === "refund") {
      if (this.#chargeAnswer === "taken") this.balance = 0;
      if (answerLost) return { type: "MarkPaymentUnknown", orderId, cause: "timeout" };
      return { type: "CompleteRefund", orderId, gatewayReference: "g" };
    }
    if (this.#chargeAnswer === undefined) {
      this.#chargeAnswer = kind === "withdraw" || this.#declines ? "declined" : "taken";
      if (this.#chargeAnswer === "taken") {
        this.balance += 500;
        this.chargesTaken++;
      }
    }
    if (answerLost) return { type: "MarkPaymentUnknown", orderId, cause: "timeout" };
    return this.#chargeAnswer === "taken"
      ? { type: "CompletePayment", orderId, gatewayReference: "g" }
      : { type: "FailPayment", orderId, reason: "declined" };
  }
}

function known(events: readonly unknown[]): { version: number; begunAtMs: number | undefined } {
  return { version: events.length, begunAtMs: events.length > 0 ? 0 : undefined };
}
