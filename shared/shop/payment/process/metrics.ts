// What the payment service shows beside its partitions: its tasks, read at each scrape, and the gateway's calls.
import { LATENCY_BUCKETS_SECONDS, type Metrics, shareReads } from "@millrace/platform/metrics";
import type { Sql } from "@millrace/platform/postgres";
import type { BoundedGateway } from "../gateway.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { dueTasks } from "./tasks.ts";

export interface MeasuredTasks {
  readonly sql: Sql;
  readonly dispatcher: Pick<Dispatcher, "status">;
  readonly callsMax: number;
}

export function measureTasks(metrics: Metrics, { sql, dispatcher, callsMax }: MeasuredTasks): void {
  const due = shareReads(() => dueTasks(sql));
  metrics.gauge(
    "millrace_payment_tasks_due",
    "Payment tasks that are due, those being worked on included, of every process.",
    async () => (await due()).tasks,
  );
  metrics.gauge(
    "millrace_payment_tasks_oldest_due_age_seconds",
    "For how long the oldest of them has been due; 0 where there is none.",
    async () => (await due()).oldestMs / 1_000,
  );
  metrics.gauge(
    "millrace_payment_tasks_working",
    "Payment tasks that this process works on.",
    () => dispatcher.status().working,
  );
  metrics.gauge(
    "millrace_payment_tasks_working_max",
    "The bound of millrace_payment_tasks_working.",
    () => callsMax,
  );
}

/** The gateway, with the outcome and the time of each call. */
export function measuredGateway(gateway: BoundedGateway, metrics: Metrics): BoundedGateway {
  const calls = metrics.histogram(
    "millrace_gateway_call_duration_seconds",
    "Time until the gateway answered or was given up on, by call and outcome.",
    { labels: ["call", "outcome"], buckets: LATENCY_BUCKETS_SECONDS },
  );
  const timed = async <Answer extends { outcome: string }>(
    call: keyof BoundedGateway,
    answering: Promise<Answer>,
  ): Promise<Answer> => {
    const startedAt = performance.now();
    const answer = await answering;
    calls.observe((performance.now() - startedAt) / 1_000, call, answer.outcome);
    return answer;
  };
  return {
    charge: (request) => timed("charge", gateway.charge(request)),
    inquire: (paymentId) => timed("inquire", gateway.inquire(paymentId)),
    withdraw: (request) => timed("withdraw", gateway.withdraw(request)),
    refund: (request) => timed("refund", gateway.refund(request)),
  };
}
