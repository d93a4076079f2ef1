// Commands from Kafka. Must never lose one, decide one twice, or stop its partition over one that can't be read.

import type { SenderBy } from "@millrace/access/topic-senders";
import { problem, problemOf } from "@millrace/http/problem";
import type { ReceivedBatch } from "@millrace/kafka/consume";
import type { PutOff } from "@millrace/kafka/consume-each";
import type { ReceivedRecord } from "@millrace/kafka/received-record";
import { describe } from "@millrace/platform/failure";
import type { Log } from "@millrace/platform/log";
import type { Tracing } from "@millrace/platform/tracing";
import type { LoneRecord } from "@millrace/projector/lone-letters";
import type { StoredAnswer } from "@millrace/store/append";
import { keyOfRecord } from "./command-key.ts";
import { metadataOf, startSpan } from "./command-metadata.ts";
import { IDEMPOTENCY_KEY_LENGTH_MAX } from "./conditions.ts";
import { type Executor, execute } from "./execute.ts";
import { createPatience, NO_PATIENCE, type Patience } from "./patience.ts";
import { notText, type ReadMessage, type ReadOptions, readMessage } from "./read-message.ts";
import type { Reply } from "./replies.ts";
import { replyAddressOf } from "./reply-address.ts";
import { type Named, replyOf } from "./reply-of.ts";
import { createTurns } from "./turns.ts";

/** Commands of one batch that are decided side by side: a few append statements' worth. */
const DECIDED_AT_ONCE_MAX = 200;

export interface IntakeOptions extends ReadOptions {
  readonly executor: Executor;
  /** Whose the commands of a topic are. */
  readonly senderBy: SenderBy;
  readonly log: Log;
  readonly tracing?: Tracing | undefined;
  /** Sends the replies. */
  reply(replies: readonly Reply[]): Promise<void>;
  /** Keeps what has no outcome, for people. May throw what makes the whole batch be tried again. */
  park(topic: string, records: readonly LoneRecord[]): Promise<void>;
}

/** What became of one record. */
interface Decided {
  readonly record: ReceivedRecord;
  /** Where the record asks for one. */
  readonly reply: Reply | undefined;
  /** Why it is no command that could be decided; a refusal is an outcome like any other. */
  readonly parked?: Omit<LoneRecord, "record">;
}

/**
 * Decides one batch. Commands with one Kafka key, or on one stream, are decided in their order; those behind one that
 * is put off are put off with it. Answers what is left of the batch, if anything is.
 * @throws what put all of it off; commands that were decided before answer the same again then
 */
export function createIntake<R extends ReceivedRecord>(
  options: IntakeOptions,
): (batch: ReceivedBatch<R>) => Promise<readonly PutOff<R>[] | undefined> {
  const patience = createPatience();
  return async ({ topic, records }) => {
    const turns = createTurns(DECIDED_AT_ONCE_MAX);
    const settled = await Promise.allSettled(
      records.map((record) => {
        const read = readMessage(record, options, placeOf(topic, record));
        return turns.run(turnsOf(record, read), () => decide({ ...options, patience }, topic, record, read));
      }),
    );
    const done = settled.flatMap((one) => (one.status === "fulfilled" ? one.value : []));
    const left = settled.flatMap((one, index) =>
      one.status === "rejected" ? { record: records[index] as R, error: one.reason as unknown } : [],
    );
    if (left[0] && done.length === 0) throw left[0].error;
    await options.park(
      topic,
      done.flatMap(({ record, parked }) => (parked ? { record, ...parked } : [])),
    );
    const replies = done.flatMap(({ reply }) => reply ?? []);
    if (replies.length > 0) await options.reply(replies);
    if (left.length > 0) return left;
    patience.forget();
    return undefined;
  };
}

/** A record that was parked, once more. Answers why it failed again. @throws as a batch does */
export async function decideAgain(
  options: Omit<IntakeOptions, "park">,
  topic: string,
  record: ReceivedRecord,
): Promise<string | undefined> {
  const requestId = placeOf(topic, record);
  const asKept = readMessage(record, options, requestId);
  // The parking lot keeps text: what was none has come back as something that its sender never wrote.
  const read = asKept.ok && record.value?.includes("\ufffd") ? notText(requestId) : asKept;
  const { reply, parked } = await decide({ ...options, patience: NO_PATIENCE }, topic, record, read);
  if (reply) await options.reply([reply]);
  return parked?.cause;
}

function placeOf(topic: string, { partition, offset }: ReceivedRecord): string {
  return `kafka/${topic}/${partition}/${offset}`;
}

function turnsOf(record: ReceivedRecord, read: ReadMessage): string[] {
  return [
    ...(record.key === null ? [] : [`key ${record.key}`]),
    ...(read.ok ? [`stream ${read.command.aggregate}-${read.command.id}`] : []),
  ];
}

/** Of a key in logs: anybody may send a megabyte of it. */
const SHOWN_MAX = 200;

async function decide(
  { executor, senderBy, log, tracing, patience }: Omit<IntakeOptions, "park"> & { patience: Patience },
  topic: string,
  record: ReceivedRecord,
  read: ReadMessage,
): Promise<Decided> {
  const { partition, offset } = record;
  const at = { topic, partition, offset, key: record.key?.slice(0, SHOWN_MAX) };
  const causationId = placeOf(topic, record);
  const address = replyAddressOf(record);
  const replied = (named: Named, answer: StoredAnswer) => address && replyOf(address, named, answer);
  if (!read.ok) {
    log.warn({ ...at, cause: read.cause }, "command can't be read");
    return { record, reply: replied({}, read.answer), parked: { cause: read.cause, mustKeep: false } };
  }
  const { commandId, ...target } = read.command;
  const named = { streamId: target.id, ...(commandId === undefined ? {} : { commandId }) };
  const principal = senderBy(topic);
  if (!principal) {
    log.warn(at, "command of nobody: MILLRACE_KAFKA_SENDERS names no sender for its topic");
    return { record, reply: replied(named, nobodys(topic, causationId)) };
  }
  const key = keyOfRecord(record, { principal, body: read.body, commandId, causationId });
  if (!key) {
    const cause = `idempotency-key must be 1 to ${IDEMPOTENCY_KEY_LENGTH_MAX} characters.`;
    const answer = problem("malformed_header", { detail: cause, requestId: causationId });
    return { record, reply: replied(named, answer), parked: { cause, mustKeep: false } };
  }
  const metadata = metadataOf(record, { principal, causationId });
  const span = tracing && startSpan(tracing, topic, metadata);
  const traced = span ? { ...metadata, traceparent: span.traceparent } : metadata;
  try {
    const { answer } = await execute(executor, { target, principal, metadata: traced }, key);
    span?.end({ attributes: { "millrace.status": answer.status } });
    return { record, reply: replied(named, answer) };
  } catch (error) {
    span?.end({ failure: describe(error) });
    if (patience.isLeft(causationId, error)) throw error;
    const answer = problemOf(error, { requestId: causationId });
    // The store's own refusals, such as of an event that is too large: the same again however often it is asked.
    if (answer.status < 500) return { record, reply: replied(named, answer) };
    log.error({ ...at, err: error }, "command can't be decided");
    return { record, reply: replied(named, answer), parked: { cause: describe(error), mustKeep: true } };
  }
}

/** An outcome like any other: nothing was decided, and its sender hears why. */
function nobodys(topic: string, requestId: string): StoredAnswer {
  const detail = `Nobody is known by the topic ${topic}, so its commands are refused. MILLRACE_KAFKA_SENDERS names whose they are.`;
  return problem("credentials_required", { detail, requestId });
}
