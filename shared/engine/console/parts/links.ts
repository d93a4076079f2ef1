// Where things stand in the console, by what they are.

import type { ReadModel } from "@millrace/read-models/read-model";

const part = encodeURIComponent;

export const itemHref = ({ name }: Pick<ReadModel, "name">, id: string) => `/${name}/${part(id)}`;
export const streamHref = (stream: string) => `/streams/${part(stream)}`;
export const topicHref = (topic: string) => `/topics/${part(topic)}`;
export const messagesHref = (topic: string) => `/topics/${part(topic)}/messages`;
export const recordHref = (at: { topic: string; partition: number; offset: number }) =>
  `/topics/${part(at.topic)}/${at.partition}/${at.offset}`;
export const partitionHref = (at: { topic: string; partition: number }) =>
  `/partitions/${part(at.topic)}/${at.partition}`;
export const taskHref = ({ process, key }: { process: string; key: string }) =>
  `/processes/${part(process)}/${part(key)}`;
export const processHref = (process: string) => `/processes/${part(process)}`;
export const webhookHref = (id: string) => `/webhooks/${part(id)}`;
export const letterHref = (id: number) => `/dead-letters/${id}`;

export function correlationHref(id: string, around?: number): string {
  return around === undefined ? `/correlations/${part(id)}` : `/correlations/${part(id)}?around=${around}`;
}

type Placed = Pick<ReadModel, "name" | "streamPrefix" | "past">;

/** The page that says why a stream's row is as it is; undefined where the stream has none. */
export function whyHref(models: readonly Placed[], stream: string): string | undefined {
  const model = models.find(({ past, streamPrefix }) => past && stream.startsWith(streamPrefix));
  return model && itemHref(model, stream.slice(model.streamPrefix.length));
}

/** Where an audit's subject is told of: a stream's name, or else a table's. */
export function subjectHref(models: readonly Placed[], subject: string): string | undefined {
  return STREAM.test(subject) ? (whyHref(models, subject) ?? streamHref(subject)) : undefined;
}

/** A category and an id; what clients call their requests by begins so seldom enough. */
const STREAM = /^[a-z_]+-./;
const EVENT = /^(.+)@(\d+)$/;
const RECORD = /^kafka\/([A-Za-z0-9._-]+)\/(\d+)\/(\d+)$/;

/** What led to an event: another event, a record of a topic, or a request. */
export function causeHref(cause: string): string {
  const [, stream, version] = EVENT.exec(cause) ?? [];
  if (stream && STREAM.test(stream)) return `${streamHref(stream)}#v${version}`;
  const [, topic, partition, offset] = RECORD.exec(cause) ?? [];
  if (topic) return recordHref({ topic, partition: Number(partition), offset: Number(offset) });
  return correlationHref(cause);
}
