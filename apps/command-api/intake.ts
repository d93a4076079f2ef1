// Commands from Kafka. Must never lose one, decide one twice, or stop its partition over one that can't be read.
import type { EventMetadata } from "@millrace/contract/envelope";
import type { StoredAnswer } from "@millrace/event-store/append";
import { problem, problemOf } from "@millrace/http/problem";
import type { ReceivedBatch } from "@millrace/kafka/consume";
import type { ReceivedRecord } from "@millrace/kafka/received-record";
import { describe } from "@millrace/platform/failure";
import type { Log } from "@millrace/platform/log";
import { readTraceparent } from "@millrace/platform/traceparent";
import type { Span, Tracing } from "@millrace/platform/tracing";
import { type NamedCommand, readNamedCommand } from "./dialects/command-names.ts";
import type { NewOrderContext } from "./dialects/order.ts";
import { type Parsed, refused } from "./dialects/parsed.ts";
import { type Executor, execute, type Key } from "./execute.ts";
import { fingerprint } from "./fingerprint.ts";
import { createPatience, NO_PATIENCE, type Patience } from "./patience.ts";
import type { Reply } from "./replies.ts";
import { createTurns } from "./turns.ts";

/** Commands of one batch that are decided side by side: a few append statements' worth. */
const DECIDED_AT_ONCE_MAX = 200;

export interface IntakeOptions {
  readonly executor: Executor;
  readonly newOrder: NewOrderContext;
  readonly log: Log;
  readonly tracing?: Tracing | undefined;
  /** Sends the replies. May throw what makes the whole batch be tried again. */
  reply(replies: readonly Reply[]): Promise<void>;
  /** Keeps what has no outcome, for people. May throw in the same way. */
  park(topic: string, records: readonly { record: ReceivedRecord; cause: string }[]): Promise<void>;
}

/** What became of one record. */
interface Decided {
  readonly record: ReceivedRecord;
  /** Where the record asks for one. */
  readonly reply: Reply | undefined;
  /** Why it is no command that could be decided; a refusal is an outcome like any other. */
  readonly cause?: string;
}

/**
 * Decides one batch. Commands with one Kafka key, or without keys on one stream, are decided in their order.
 * @throws what is worth a retry; commands that were decided before answer the same again then
 */
export function createIntake(
  options: IntakeOptions,
): (batch: ReceivedBatch<ReceivedRecord>) => Promise<void> {
  const patience = createPatience();
  return async ({ topic, records }) => {
    const turns = createTurns(DECIDED_AT_ONCE_MAX);
    const decided = await Promise.allSettled(
      records.map((record) => {
        const parsed = readRecord(record, options.newOrder);
        return turns.run(turnOf(record, parsed), () =>
          decide({ ...options, patience }, topic, record, parsed),
        );
      }),
    );
    const done: Decided[] = [];
    // What is thrown makes the batch be tried again, with what it has counted.
    for (const one of decided) {
      if (one.status === "rejected") throw one.reason;
      done.push(one.value);
    }
    patience.forget();
    await options.park(
      topic,
      done.flatMap(({ record, cause }) => (cause === undefined ? [] : { record, cause })),
    );
    const replies = done.flatMap(({ reply }) => reply ?? []);
    if (replies.length > 0) await options.reply(replies);
  };
}

/** A record that was parked, once more. Answers why it failed again. @throws as a batch does */
export async function decideAgain(
  options: Omit<IntakeOptions, "park">,
  topic: string,
  record: ReceivedRecord,
): Promise<string | undefined> {
  const { reply, cause } = await decide(
    { ...options, patience: NO_PATIENCE },
    topic,
    record,
    readRecord(record, options.newOrder),
  );
  if (reply) await options.reply([reply]);
  return cause;
}

function turnOf(record: ReceivedRecord, parsed: Parsed<NamedCommand>): string {
  if (record.key !== null) return `key ${record.key}`;
  return parsed.ok ? `stream ${parsed.value.aggregate}-${parsed.value.id}` : `record ${record.offset}`;
}

function readRecord({ value }: ReceivedRecord, newOrder: NewOrderContext): Parsed<NamedCommand> {
  if (value === null) return refused("", "The message has no value");
  let body: unknown;
  try {
    body = JSON.parse(value);
  } catch {
    return refused("", "Must be JSON");
  }
  return readNamedCommand(body, newOrder);
}

async function decide(
  { executor, log, tracing, patience }: Omit<IntakeOptions, "park"> & { patience: Patience },
  topic: string,
  record: ReceivedRecord,
  parsed: Parsed<NamedCommand>,
): Promise<Decided> {
  const { partition, offset } = record;
  const causationId = `kafka/${topic}/${partition}/${offset}`;
  if (!parsed.ok) {
    log.warn({ topic, partition, offset, key: record.key, issues: parsed.issues }, "command can't be read");
    const answer = problem("body_invalid", { errors: parsed.issues, requestId: causationId });
    return { record, reply: replyTo(record, {}, answer), cause: causeOf(parsed.issues) };
  }
  const { commandId, ...target } = parsed.value;
  const named = { streamId: target.id, ...(commandId === undefined ? {} : { commandId }) };
  const metadata = metadataOf(record, causationId);
  const span = tracing && startSpan(tracing, topic, metadata);
  const traced = span ? { ...metadata, traceparent: span.traceparent } : metadata;
  try {
    const write = { target, metadata: traced };
    const { answer } = await execute(executor, write, keyOf(record, causationId));
    span?.end({ attributes: { "millrace.status": answer.status } });
    return { record, reply: replyTo(record, named, answer) };
  } catch (error) {
    span?.end({ failure: describe(error) });
    if (patience.isLeft(causationId, error)) throw error;
    log.error({ topic, partition, offset, key: record.key, err: error }, "command can't be decided");
    const answer = problemOf(error, { requestId: causationId });
    return { record, reply: replyTo(record, named, answer), cause: describe(error) };
  }
}

function causeOf(issues: Extract<Parsed<NamedCommand>, { ok: false }>["issues"]): string {
  return issues.map(({ pointer, message }) => (pointer ? `${pointer}: ${message}` : message)).join("; ");
}

/** One try of one command: a batch that is tried again has another. */
function startSpan(
  tracing: Tracing,
  topic: string,
  { correlationId, causationId, traceparent }: EventMetadata,
): Span {
  return tracing.start(`process ${topic}`, {
    kind: "consumer",
    parent: traceparent,
    attributes: {
      "messaging.system": "kafka",
      "messaging.operation.type": "process",
      "messaging.operation.name": "process",
      "messaging.destination.name": topic,
      "messaging.message.id": causationId,
      "millrace.correlation_id": correlationId,
    },
  });
}

/** Ids that may go into logs and tables as they are; Kafka's headers may hold anything. */
const SAFE_ID = /^[\x21-\x7e]{1,128}$/;
const IDEMPOTENCY_KEY = /^[^\0]{1,255}$/;

function metadataOf({ headers }: ReceivedRecord, causationId: string): EventMetadata {
  const { actor } = headers;
  const correlationId = headers["correlation-id"];
  const traceparent = readTraceparent(headers.traceparent);
  return {
    actor: actor !== undefined && SAFE_ID.test(actor) ? actor : "anonymous",
    correlationId: correlationId !== undefined && SAFE_ID.test(correlationId) ? correlationId : causationId,
    causationId,
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}

/**
 * The sender's key, else where the record stands. The timestamp tells a topic from another one that was
 * created later under its name.
 */
function keyOf({ headers, value, timestamp }: ReceivedRecord, causationId: string): Key {
  const sent = headers["idempotency-key"];
  const key =
    sent !== undefined && IDEMPOTENCY_KEY.test(sent) ? `kafka-key/${sent}` : `${causationId}/${timestamp}`;
  return { key, fingerprint: fingerprint("kafka", value ?? "") };
}

interface Named {
  readonly streamId?: string;
  readonly commandId?: string;
}

/** Made from the stored answer, so that a redelivered record is replied to in the same words. */
function replyTo(
  record: ReceivedRecord,
  { streamId, commandId }: Named,
  answer: StoredAnswer,
): Reply | undefined {
  const topic = record.headers["reply-to"];
  if (topic === undefined) return undefined;
  const correlationId = record.headers["correlation-id"];
  const { status, body } = answer;
  const named = commandId === undefined ? {} : { commandId };
  const value =
    status < 400
      ? { status: "accepted", ...named, id: idIn(body) ?? streamId, version: versionOf(answer), result: body }
      : { status: "rejected", ...named, problem: body };
  return {
    topic,
    key: record.key,
    value: JSON.stringify(value),
    headers: {
      "content-type": "application/json",
      ...(correlationId === undefined ? {} : { "correlation-id": correlationId }),
    },
  };
}

/** The id that was given first: an order whose client chose none is read under another one each time. */
function idIn(body: unknown): unknown {
  return typeof body === "object" && body !== null && "id" in body ? body.id : undefined;
}

function versionOf({ headers }: StoredAnswer): number {
  return Number(headers.etag?.replaceAll('"', ""));
}
