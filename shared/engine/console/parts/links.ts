// Where things stand in the console, by what they are.

import { parseStreamName } from "@millrace/events/envelope";
import { shop } from "@millrace/shop/shop";

const part = encodeURIComponent;

export const orderHref = (id: string) => `/orders/${part(id)}`;
export const streamHref = (stream: string) => `/streams/${part(stream)}`;
export const topicHref = (topic: string) => `/topics/${part(topic)}`;
export const messagesHref = (topic: string) => `/topics/${part(topic)}/messages`;
export const recordHref = (at: { topic: string; partition: number; offset: number }) =>
  `/topics/${part(at.topic)}/${at.partition}/${at.offset}`;
export const taskHref = ({ process, key }: { process: string; key: string }) =>
  `/processes/${part(process)}/${part(key)}`;
export const letterHref = (id: number) => `/dead-letters/${id}`;

export function correlationHref(id: string, around?: number): string {
  return around === undefined ? `/correlations/${part(id)}` : `/correlations/${part(id)}?around=${around}`;
}

/** Where an audit's subject is told of: a stream's name, or else a table's. */
export function subjectHref(subject: string): string | undefined {
  const stream = streamOf(subject);
  if (!stream) return undefined;
  return stream.category === "order" ? orderHref(stream.aggregateId) : streamHref(subject);
}

const EVENT = /^(.+)@(\d+)$/;
const RECORD = /^kafka\/([A-Za-z0-9._-]+)\/(\d+)\/(\d+)$/;

/** What led to an event: another event, a record of a topic, or a request. */
export function causeHref(cause: string): string {
  const [, stream, version] = EVENT.exec(cause) ?? [];
  if (stream && streamOf(stream)) return `${streamHref(stream)}#v${version}`;
  const [, topic, partition, offset] = RECORD.exec(cause) ?? [];
  if (topic) return recordHref({ topic, partition: Number(partition), offset: Number(offset) });
  return correlationHref(cause);
}

function streamOf(subject: string): { category: string; aggregateId: string } | undefined {
  if (!/^[a-z_]+-./.test(subject)) return undefined;
  const stream = parseStreamName(subject);
  return shop.kafkaNames.categories.includes(stream.category) ? stream : undefined;
}
