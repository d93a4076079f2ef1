// The addresses of pages, by what they are about.
import type { ReadModel } from "@millrace/read-models/read-model";

const part = encodeURIComponent;

export const itemHref = ({ name }: Pick<ReadModel, "name">, id: string) => `/${name}/${part(id)}`;
export const streamHref = (stream: string) => `/streams/${part(stream)}`;
export const eventHref = ({ stream, version }: { stream: string; version: number | string }) =>
  `${streamHref(stream)}#v${version}`;
export const topicHref = (topic: string) => `/topics/${part(topic)}`;
export const messagesHref = (topic: string) => `/topics/${part(topic)}/messages`;
export const keyHref = (topic: string, key: string) => `${messagesHref(topic)}?key=${part(key)}`;
export const recordHref = (at: { topic: string; partition: number; offset: number }) =>
  `/topics/${part(at.topic)}/${at.partition}/${at.offset}`;
export const partitionHref = (at: { topic: string; partition: number }) =>
  `/partitions/${part(at.topic)}/${at.partition}`;
export const taskHref = ({ process, key }: { process: string; key: string }) =>
  `/processes/${part(process)}/${part(key)}`;
export const processHref = (process: string) => `/processes/${part(process)}`;
export const tasksHref = (process: string, state?: string) =>
  `/processes?${new URLSearchParams({ process, ...(state && { state }) })}`;
export const webhookHref = (id: string) => `/webhooks/${part(id)}`;
export const letterHref = (id: number) => `/dead-letters/${id}`;

export const lettersHref = (projection: string, key: string) =>
  `/dead-letters?${new URLSearchParams({ projection, key })}`;

export function correlationHref(id: string, around?: number): string {
  return around === undefined ? `/correlations/${part(id)}` : `/correlations/${part(id)}?around=${around}`;
}

type Placed = Pick<ReadModel, "name" | "streamPrefix" | "past">;

/** The page that says why a stream's row is as it is; undefined where the stream has none. */
export function whyHref(models: readonly Placed[], stream: string): string | undefined {
  const model = models.find(({ past, streamPrefix }) => past && stream.startsWith(streamPrefix));
  return model && itemHref(model, stream.slice(model.streamPrefix.length));
}

/** The page of what the audit found something about: a stream's name, or else a table's, which has no page. */
export function subjectHref(models: readonly Placed[], subject: string): string | undefined {
  return STREAM.test(subject) ? (whyHref(models, subject) ?? streamHref(subject)) : undefined;
}

/** A category and an id; the ids that clients give to their requests seldom begin so. */
const STREAM = /^[a-z_]+-./;
const EVENT = /^(.+)@(\d+)$/;
const RECORD = /^kafka\/([A-Za-z0-9._-]+)\/(\d+)\/(\d+)$/;

/** What led to an event: another event, a record of a topic, or a request. */
export function causeHref(cause: string): string {
  const [, stream, version] = EVENT.exec(cause) ?? [];
  if (stream && version && STREAM.test(stream)) return eventHref({ stream, version });
  const [, topic, partition, offset] = RECORD.exec(cause) ?? [];
  if (topic) return recordHref({ topic, partition: Number(partition), offset: Number(offset) });
  return correlationHref(cause);
}
