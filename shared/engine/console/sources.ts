// What pages read from. Every question has a time limit, and one problem code for each server that does not answer: a page
// says which one is away instead of hanging.
import type { KafkaClient } from "@millrace/kafka/client";
import { kafkaFailure } from "@millrace/kafka/failure";
import { Failure } from "@millrace/platform/failure";
import type { Log } from "@millrace/platform/log";
import { type Database, postgresFailure, type Sql } from "@millrace/platform/postgres";

export interface Sources {
  readonly sql: Sql;
  readonly db: Database;
  /** For rebuilds, which open connections of their own. */
  readonly databaseUrl: string;
  readonly kafka: KafkaClient;
  readonly log: Log;
}

/** In ms. Postgres answers what pages ask in milliseconds, and people wait no longer. */
const POSTGRES_WITHIN_MS = 5_000;
/** In ms. Each question connects, asks and leaves; a new election of brokers takes some seconds. */
const KAFKA_WITHIN_MS = 8_000;

/** @throws Failure `postgres_unavailable`, or the failure that the question itself throws */
export async function askPostgres<Result>(what: string, answer: PromiseLike<Result>): Promise<Result> {
  try {
    return await within(answer, POSTGRES_WITHIN_MS, () =>
      late("postgres_unavailable", what, POSTGRES_WITHIN_MS),
    );
  } catch (error) {
    throw postgresFailure(what, error);
  }
}

/** @throws Failure `kafka_unavailable` */
export async function askKafka<Result>(
  what: string,
  answer: PromiseLike<Result>,
  withinMs = KAFKA_WITHIN_MS,
): Promise<Result> {
  try {
    return await within(answer, withinMs, () => late("kafka_unavailable", what, withinMs));
  } catch (error) {
    throw kafkaFailure(what, error);
  }
}

/** A part of a page, which may fail while the others are shown. */
export type Part<Result> =
  | { readonly ok: true; readonly value: Result }
  | { readonly ok: false; readonly failure: unknown };

export async function part<Result>(answer: PromiseLike<Result>): Promise<Part<Result>> {
  try {
    return { ok: true, value: await answer };
  } catch (failure) {
    return { ok: false, failure };
  }
}

/** The status of a page: 503 where a part of it is missing. */
export function statusOf(...parts: readonly Part<unknown>[]): number {
  return parts.every(({ ok }) => ok) ? 200 : 503;
}

function late(code: string, what: string, withinMs: number): Failure {
  return new Failure(code, `${what}: no answer within ${withinMs} ms`, true);
}

async function within<Result>(
  answer: PromiseLike<Result>,
  withinMs: number,
  failure: () => Failure,
): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(failure()), withinMs);
  try {
    return await Promise.race([answer, promise]);
  } finally {
    clearTimeout(timer);
  }
}
