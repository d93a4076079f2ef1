// The body of a webhook. A thin one, the default, says which event happened to which thing at which version: a receiver reads
// the rest with `?minVersion=`, nothing personal leaves, and a late webhook is known by its version.
import { parseStreamName } from "@millrace/events/envelope";

export const PAYLOADS = ["thin", "full"] as const;
export type Payload = (typeof PAYLOADS)[number];

export interface Sent {
  /** thing.made */
  readonly event: string;
  /** When the event happened: ISO 8601, UTC. */
  readonly at: string;
  /** Null for a test webhook. */
  readonly stream: string | null;
  readonly version: number | null;
  /** JSON text as stored; undefined where the body is thin. */
  readonly data: string | undefined;
}

/** JSON text. Data is passed on as it was stored: numbers keep their digits. */
export function bodyOf({ event, at, stream, version, data }: Sent): string {
  const head = `{"type":${JSON.stringify(event)},"timestamp":${JSON.stringify(at)},"data":`;
  if (stream === null) return `${head}{}}`;
  const thing = `"id":${JSON.stringify(parseStreamName(stream).aggregateId)},"version":${version}`;
  return data === undefined ? `${head}{${thing}}}` : `${head}{${thing},"event":${data}}}`;
}
