// A reader of topics made from /asyncapi.json and from nothing else: it finds what the document says of each record, and
// holds the record against it. Only tests import it.
import { type Schema, Validator } from "@cfworker/json-schema";
import type { KafkaClient } from "@millrace/kafka/client";
import { readTopic } from "@millrace/kafka/read-topic";
import { createLog } from "@millrace/platform/log";

interface Message {
  readonly name: string;
  readonly headers: object;
  readonly payload?: object;
  readonly examples?: readonly { readonly payload: { readonly type: string } }[];
}

interface Document {
  readonly channels: Readonly<
    Record<string, { readonly address: string | null; readonly messages: Readonly<Record<string, Message>> }>
  >;
  readonly operations: Readonly<Record<string, { action: string; channel: { $ref: string } }>>;
  readonly components: object;
}

export interface ReadRecord {
  readonly key: string | null;
  readonly headers: Readonly<Record<string, string>>;
  /** Names of the messages that it is one of. */
  readonly messages: readonly string[];
  readonly said: string;
}

export interface TopicReader {
  /** Addresses of the topics that events are published to. */
  readonly published: readonly string[];
  /** Where commands are taken, and the examples of them that are as their messages say. */
  readonly commands: { readonly address: string; readonly examples: readonly { readonly type: string }[] };
  /** All that stands in a topic, as its messages, or those of `replies`, describe it. */
  read(topic: string, channel?: string): Promise<ReadRecord[]>;
}

export async function topicReaderOf(address: string, kafka: KafkaClient): Promise<TopicReader> {
  const document = (await (await fetch(`${address}/asyncapi.json`)).json()) as Document;
  const channelsOf = (action: string) =>
    Object.values(document.operations)
      .filter((operation) => operation.action === action)
      .map(({ channel }) => document.channels[channel.$ref.split("/").at(-1) ?? ""]);
  const [commands] = channelsOf("receive");
  const isOne = (schema: object | undefined, value: unknown) =>
    schema === undefined ||
    new Validator({ ...schema, components: document.components } as Schema, "7").validate(value).valid;
  return {
    published: channelsOf("send").map((channel) => channel?.address ?? ""),
    commands: {
      address: commands?.address ?? "",
      examples: Object.values(commands?.messages ?? {}).flatMap(({ examples = [], payload: schema }) =>
        examples.map(({ payload }) => payload).filter((payload) => isOne(schema, payload)),
      ),
    },
    async read(topic, channel) {
      const described =
        channel === undefined
          ? Object.values(document.channels).find((each) => each.address === topic)
          : document.channels[channel];
      const found: ReadRecord[] = [];
      await readTopic(kafka, {
        ...{ topic, follow: false, log: createLog("contract-test", "silent") },
        from: () => undefined,
        onRecord({ key, headers, value }) {
          const data: unknown = JSON.parse(value ?? "null");
          const messages = Object.entries(described?.messages ?? {}).filter(
            ([, message]) => isOne(message.headers, headers) && isOne(message.payload, data),
          );
          found.push({
            ...{ key, headers, messages: messages.map(([name]) => name) },
            said: `${JSON.stringify(headers)} ${value}`,
          });
          return true;
        },
      });
      return found;
    },
  };
}
