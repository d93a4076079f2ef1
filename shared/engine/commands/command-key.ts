// The key under which a command happens once: its sender's, else the id of its envelope, else the place of its record. The
// prefixes are storage format; forgetAnswers keeps what they name for as long as Kafka may deliver the commands again.
import { keySpaceOf, type Principal } from "@millrace/access/principal";
import { headerBytes, type ReceivedRecord, strictText } from "@millrace/kafka/received-record";
import { hasAtMost } from "./characters.ts";
import { IDEMPOTENCY_KEY_LENGTH_MAX } from "./conditions.ts";
import { fingerprint } from "./fingerprint.ts";
import type { Key } from "./settle.ts";

interface Sent {
  readonly principal: Principal;
  readonly body: unknown;
  readonly commandId: string | undefined;
  /** The record's place: topic, partition and offset. */
  readonly causationId: string;
}

/** Undefined for an idempotency-key that HTTP would refuse as well. */
export function keyOfRecord(record: ReceivedRecord, sent: Sent): Key | undefined {
  const { principal } = sent;
  const given = headerBytes(record, "idempotency-key");
  if (given !== undefined) {
    const key = keyIn(given);
    return key === undefined
      ? undefined
      : { key: `kafka-key/${keySpaceOf(principal)}${key}`, fingerprint: fingerprint("kafka", sent.body) };
  }
  if (sent.commandId !== undefined) return keyOfEnvelope(principal, sent.commandId, sent.body);
  // The timestamp tells the topic from one that was created later under the same name.
  return {
    key: `${sent.causationId}/${record.timestamp}`,
    fingerprint: fingerprint("kafka", record.value ?? ""),
  };
}

/** An envelope's id names one command of its principal, whether it comes by HTTP or by Kafka. */
export function keyOfEnvelope(principal: Principal, commandId: string, body: unknown): Key {
  return {
    key: `command-id/${keySpaceOf(principal)}${commandId}`,
    fingerprint: fingerprint("command", body),
  };
}

/** Text as it is; bytes that Postgres can't hold as text in base64. */
function keyIn(bytes: Buffer): string | undefined {
  const text = strictText(bytes);
  const fits =
    text === undefined
      ? bytes.length <= IDEMPOTENCY_KEY_LENGTH_MAX
      : hasAtMost(text, IDEMPOTENCY_KEY_LENGTH_MAX);
  if (bytes.length === 0 || !fits) return undefined;
  return text !== undefined && !text.includes("\0") ? text : `base64:${bytes.toString("base64")}`;
}
