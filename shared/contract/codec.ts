// Reads stored data into the domain's present events: upcast step by step, then check.
import * as v from "valibot";
import type { NewEvent, RecordedEvent, StoredEvent } from "./envelope.ts";
import { parseStreamName } from "./envelope.ts";

/** Data of one schema version to the next one's. */
export type Upcaster = (data: unknown) => unknown;

export interface EventShape {
  /** The present schema version; new events are written in it. */
  readonly schemaVersion: number;
  readonly schema: v.GenericSchema;
  /** `upcasters[0]` takes version 1 to version 2, and so on; one fewer than `schemaVersion`. */
  readonly upcasters: readonly Upcaster[];
}

export interface Codec<Event extends { type: string; data: unknown }> {
  encode(event: Event): NewEvent;
  /** The present one; undefined where no event is called so. */
  schemaVersionOf(type: string): number | undefined;
  /** @throws UnreadableEvent for an unknown type, a version from the future, or data that breaks its schema. */
  decode(stored: StoredEvent): RecordedEvent<Event>;
}

/** Not worth retrying with the same code: the data itself can't be read. */
export class UnreadableEvent extends Error {
  readonly code = "event_unreadable";
  readonly retryable = false;
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "UnreadableEvent";
  }
}

export function createCodec<Event extends { type: string; data: unknown }>(
  shapes: Record<Event["type"], EventShape>,
): Codec<Event> {
  const shapeOf = new Map<string, EventShape>(Object.entries(shapes));
  return {
    schemaVersionOf: (type) => shapeOf.get(type)?.schemaVersion,
    encode(event) {
      return {
        type: event.type,
        schemaVersion: shapes[event.type as Event["type"]].schemaVersion,
        data: event.data,
      };
    },
    decode(stored) {
      const shape = shapeOf.get(stored.type);
      if (!shape)
        throw new UnreadableEvent(`No event is called "${stored.type}" (${stored.stream}@${stored.version})`);
      return {
        type: stored.type,
        data: readData(stored, shape),
        aggregateId: parseStreamName(stored.stream).aggregateId,
        version: stored.version,
        at: stored.at,
        metadata: stored.metadata,
      } as RecordedEvent<Event>;
    },
  };
}

function readData(stored: StoredEvent, { schemaVersion, schema, upcasters }: EventShape): unknown {
  if (stored.schemaVersion > schemaVersion || stored.schemaVersion < 1) {
    throw new UnreadableEvent(
      `${nameOf(stored)} is not a version that this code knows: it reads 1 to ${schemaVersion}`,
    );
  }
  let data: unknown;
  try {
    data = JSON.parse(stored.data);
  } catch (cause) {
    throw new UnreadableEvent(`${nameOf(stored)} is not JSON`, { cause });
  }
  for (let version = stored.schemaVersion; version < schemaVersion; version++) {
    data = (upcasters[version - 1] as Upcaster)(data);
  }
  const checked = v.safeParse(schema, data);
  if (checked.success) return checked.output;
  const where = checked.issues
    .map((issue) => `${v.getDotPath(issue) ?? "data"}: ${issue.message}`)
    .join("; ");
  throw new UnreadableEvent(`${nameOf(stored)} breaks its schema: ${where}`);
}

function nameOf({ type, schemaVersion, stream, version }: StoredEvent): string {
  return `${type} v${schemaVersion} (${stream}@${version})`;
}
