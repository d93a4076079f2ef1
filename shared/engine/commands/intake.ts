// Commands from Kafka. Must never lose one, decide one twice, or stop a partition for one that can't be read.
import type { SenderBy } from "@millrace/access/topic-senders";
import { problem, problemOf } from "@millrace/http/problem";
import type { ReceivedBatch } from "@millrace/kafka/consume";
import type { PutOff } from "@millrace/kafka/each-partition";
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

/** Most commands of a batch that are decided at once: they fill a few append statements. */
const DECIDED_AT_ONCE_MAX = 200;

export interface IntakeOptions extends ReadOptions {
  readonly executor: Executor;
  /** The sender of a topic's commands. */
  readonly senderBy: SenderBy;
  readonly log: Log;
  readonly tracing?: Tracing | undefined;
  /** Sends the replies. */
  reply(replies: readonly Reply[]): Promise<void>;
  /** Parks records without an outcome, for people to look at. Where it throws, the whole batch is tried again. */
  park(topic: string, records: readonly LoneRecord[]): Promise<void>;
}

/** The outcome of one record. */
interface Decided {
  readonly record: ReceivedRecord;
  /** Undefined where the record asks for none. */
  readonly reply: Reply | undefined;
  /** Why it could not be decided. A refusal is not such a reason: it is an outcome. */
  readonly parked?: Omit<LoneRecord, "record">;
}

/**
 * Decides one batch. Commands with the same Kafka key or on the same stream are decided in their order, and where one is put
 * off, so are those behind it. Answers the records that were put off; undefined where there are none.
 * @throws the reason where every record was put off
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

/** Decides a parked record again. Answers why it failed again, undefined where it has its outcome. @throws where it is put off */
export async function decideAgain(
  options: Omit<IntakeOptions, "park">,
  topic: string,
  record: ReceivedRecord,
): Promise<string | undefined> {
  const requestId = placeOf(topic, record);
  const asKept = readMessage(record, options, requestId);
  // The parking lot keeps text, so bytes that are not UTF-8 come back as something that the sender never wrote.
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

/** Characters of a key in logs: anybody may send a key of a megabyte. */
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
    log.warn(at, "command refused: MILLRACE_KAFKA_SENDERS names no sender for its topic");
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
    // A refusal of the store, such as of an event that is too large, is the same at every try.
    if (answer.status < 500) return { record, reply: replied(named, answer) };
    log.error({ ...at, err: error }, "command can't be decided");
    return { record, reply: replied(named, answer), parked: { cause: describe(error), mustKeep: true } };
  }
}

/** The refusal of a command whose topic has no known sender. It is an outcome: the record is not parked. */
function nobodys(topic: string, requestId: string): StoredAnswer {
  const detail = `Nobody is known as the sender of the topic ${topic}, so its commands are refused. An operator names the sender in MILLRACE_KAFKA_SENDERS.`;
  return problem("credentials_required", { detail, requestId });
}
