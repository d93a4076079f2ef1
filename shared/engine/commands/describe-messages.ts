// JSON Schemas, for the documentation, of commands' headers in Kafka (read by reply-address.ts, command-key.ts and
// command-metadata.ts) and of replies (made by reply-of.ts).
import { IDEMPOTENCY_KEY_LENGTH_MAX } from "./conditions.ts";

const text = (description: string) => ({ type: "string", description });

/** All of them are optional. */
export const commandHeaders = {
  type: "object",
  properties: {
    "reply-to": text("The topic that waits for the reply"),
    "correlation-id": text("What the sender knows the reply by: it comes back byte for byte"),
    "idempotency-key": {
      ...text("The command happens once under it; without it, once under its `id`, else once a record"),
      minLength: 1,
      maxLength: IDEMPOTENCY_KEY_LENGTH_MAX,
    },
    actor: text("Who asks, while access is open; else for whom the topic's sender acts, where it may"),
    traceparent: text("W3C trace context"),
    kafka_replyTopic: text("`reply-to` as Spring and NestJS have it"),
    kafka_replyPartition: text("The partition that the reply goes to: in digits, or four bytes"),
    kafka_correlationId: text("`correlation-id` as Spring and NestJS have it"),
  },
};

export const replyHeaders = {
  type: "object",
  required: ["content-type"],
  properties: {
    "content-type": { const: "application/json" },
    "correlation-id": text("That of the command, where it had one"),
    kafka_correlationId: text("That of the command, where it had one"),
    "kafka_nest-is-disposed": { const: "true", description: "For NestJS: no other reply follows" },
    "kafka_nest-err": text("For NestJS: the problem, as JSON text"),
  },
};

const commandId = text("The command's own `id`, where it had one");
const id = { type: ["string", "integer"], description: "Of what the command was about" };
const result = { description: "What HTTP answers; left out where it is too large for the topic" };

/** By the outcome of the command. */
export const replyPayloads = {
  accepted: {
    summary: "The command was decided, and what follows from it is stored",
    payload: {
      type: "object",
      required: ["status", "id"],
      properties: {
        status: { const: "accepted" },
        ...{ commandId, id, result },
        version: { type: "integer", minimum: 1, description: "That the stream was brought to" },
      },
    },
  },
  pending: {
    summary: "The same command was taken by HTTP for later, and is being decided",
    payload: {
      type: "object",
      required: ["status", "id"],
      properties: { status: { const: "pending" }, commandId, id, result },
    },
  },
  rejected: {
    summary: "The command was refused, and nothing is stored of it",
    payload: {
      type: "object",
      required: ["status", "problem"],
      properties: {
        status: { const: "rejected" },
        commandId,
        problem: { $ref: "#/components/schemas/Problem" },
      },
    },
  },
};
