// AsyncAPI 3 from codecs and commands, with the schemas that validate: events published to Kafka, commands read from it, and
// replies. Must never name a broker: anybody may read the document.
import type * as v from "valibot";
import type { EventShape } from "@millrace/events/codec";
import { topicOf } from "@millrace/events/topics";
import { type JsonObject, jsonSchema as schemaIn } from "@millrace/http/json-schema";
import { CONTRACT_VERSION, problemShape } from "@millrace/http/openapi";
import { eventHeadersSchema, headersOf } from "@millrace/kafka/event-headers";
import { commandsReplyTopic, type Named, topicInKafka } from "@millrace/kafka/names";
import type { Aggregate } from "./aggregate.ts";
import { describeCommands } from "./command-names.ts";
import { commandHeaders, replyHeaders, replyPayloads } from "./describe-messages.ts";

export interface AsyncApiOptions<Settings> {
  readonly aggregates: readonly Aggregate<Settings>[];
  readonly settings: Settings;
  readonly kafka: Named;
}

export interface AsyncApiDocument {
  readonly asyncapi: "3.0.0";
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly defaultContentType: "application/json";
  /** By the topics' names without MILLRACE_KAFKA_PREFIX. */
  readonly channels: Readonly<Record<string, Channel>>;
  readonly operations: Readonly<Record<string, JsonObject>>;
  readonly components: { readonly schemas: JsonObject };
}

export interface Channel {
  /** The topic in Kafka; null where a message names it. */
  readonly address: string | null;
  readonly description: string;
  readonly messages: Readonly<Record<string, Message>>;
}

export interface Message {
  readonly name: string;
  readonly summary?: string;
  readonly headers: JsonObject;
  /** Absent for an earlier schema version, whose schema this code no longer has. */
  readonly payload?: JsonObject;
  readonly correlationId?: JsonObject;
  readonly bindings?: JsonObject;
  readonly examples?: readonly JsonObject[];
}

const KAFKA_BINDING = "0.5.0";
const REPLIES = "replies";

export function asyncapi<Settings>(options: AsyncApiOptions<Settings>): AsyncApiDocument {
  const { aggregates, kafka } = options;
  const { commandsTopic } = kafka.names;
  const topics = aggregates.map(({ name }) => topicOf(name));
  return {
    asyncapi: "3.0.0",
    info: {
      title: "Millrace events and commands",
      version: CONTRACT_VERSION,
      description:
        "Every event that is stored is published to its aggregate's topic, as a CloudEvent in Kafka's binary mode: at " +
        "least once, and those of one key in the order of `ce_streamversion`. Commands are taken from a topic of their own.",
    },
    defaultContentType: "application/json",
    channels: {
      ...Object.fromEntries(
        aggregates.map((aggregate) => [topicOf(aggregate.name), eventsOf(aggregate, kafka)]),
      ),
      [commandsTopic]: commandsOf(options),
      [REPLIES]: {
        address: null,
        description: `The topic that a command names in \`reply-to\`; ${kafka.prefix + commandsReplyTopic(kafka.names)} is there for those that have none of their own`,
        messages: repliesTo(commandsTopic),
      },
    },
    operations: {
      ...Object.fromEntries(
        topics.map((topic) => [`publish-${topic}`, { action: "send", channel: channel(topic) }]),
      ),
      [`take-${commandsTopic}`]: {
        action: "receive",
        channel: channel(commandsTopic),
        reply: {
          address: {
            location: "$message.header#/reply-to",
            description: "Without it there is no reply. `kafka_replyTopic` is another name for it",
          },
          channel: channel(REPLIES),
        },
      },
    },
    components: { schemas: { EventHeaders: eventHeadersSchema, Problem: jsonSchema(problemShape) } },
  };
}

function channel(name: string) {
  return { $ref: `#/channels/${name}` };
}

function jsonSchema(schema: v.GenericSchema): JsonObject {
  return schemaIn(schema, "draft-07");
}

function eventsOf<Settings>({ name, plural, codec }: Aggregate<Settings>, kafka: Named): Channel {
  const messages = [...codec.shapes].flatMap(([type, shape]) => eachVersion(name, type, shape));
  return {
    address: topicInKafka(kafka, topicOf(name)),
    description: `What happened to ${plural}`,
    messages: Object.fromEntries(messages),
  };
}

/** A message for each schema version: records of earlier ones may still be in the topic. */
function eachVersion(category: string, type: string, shape: EventShape): [string, Message][] {
  return Array.from({ length: shape.schemaVersion }, (_, index): [string, Message] => {
    const version = index + 1;
    const isPresent = version === shape.schemaVersion;
    return [
      `${type}.v${version}`,
      {
        name: type,
        ...(isPresent ? {} : { summary: "No longer written, and read for ever; its schema is history" }),
        headers: {
          type: "object",
          allOf: [
            { $ref: "#/components/schemas/EventHeaders" },
            { type: "object", properties: headersOf(type, version) },
          ],
        },
        ...(isPresent ? { payload: jsonSchema(shape.schema) } : {}),
        correlationId: { location: "$message.header#/ce_correlationid" },
        bindings: keyed(`The id in its stream's name: what follows ${category}-`),
      },
    ];
  });
}

function commandsOf<Settings>({ aggregates, settings, kafka }: AsyncApiOptions<Settings>): Channel {
  const { commandsTopic } = kafka.names;
  const creations = aggregates.flatMap(({ creation }) => creation ?? []);
  const messages = describeCommands(aggregates, settings).map(([type, schema]): [string, Message] => {
    const creation = creations.find(({ name }) => name === type);
    return [
      type,
      {
        name: type,
        headers: commandHeaders,
        payload: jsonSchema(schema),
        correlationId: { location: "$message.header#/correlation-id" },
        bindings: keyed("Any or none: commands with one key are decided in their order"),
        ...(creation ? { examples: [{ payload: { type, payload: creation.example } }] } : {}),
      },
    ];
  });
  return {
    address: topicInKafka(kafka, commandsTopic),
    description:
      "Commands by their names, decided as those of POST /commands are. Names are taken in any case and with any " +
      "separators, and `data` is another word for `payload`",
    messages: Object.fromEntries(messages),
  };
}

function repliesTo(commandsTopic: string): Record<string, Message> {
  return Object.fromEntries(
    Object.entries(replyPayloads).map(([name, { summary, payload }]) => [
      name,
      {
        name,
        summary,
        headers: replyHeaders,
        payload,
        correlationId: { location: "$message.header#/correlation-id" },
        bindings: keyed(`That of the command's record on ${commandsTopic}, byte for byte`),
      },
    ]),
  );
}

function keyed(description: string) {
  return { kafka: { key: { type: "string", description }, bindingVersion: KAFKA_BINDING } };
}
