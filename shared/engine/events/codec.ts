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
  /** By the events' names. */
  readonly shapes: ReadonlyMap<string, EventShape>;
  encode(event: Event): NewEvent;
  /** The present one; undefined where no event is called so. */
  schemaVersionOf(type: string): number | undefined;
  /** @throws NewerEvent for an unknown type or a later schema version; UnreadableEvent for data that breaks its schema. */
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

/**
 * Written by newer code than this, which is nobody's fault: while a deployment is under way, new writers are read by old
 * readers. Worth retrying, but only newer code will get further.
 */
export class NewerEvent extends Error {
  readonly code = "newer_schema";
  readonly retryable = true;
  constructor(stored: StoredEvent, known: number | undefined) {
    super(
      known === undefined
        ? `No event is called "${stored.type}" (${stored.stream}@${stored.version}) in this code: it waits for newer code`
        : `${nameOf(stored)} waits for newer code: this code reads versions 1 to ${known}`,
    );
    this.name = "NewerEvent";
  }
}

/** @throws where an event has not one upcaster for each schema version before its present one */
export function createCodec<Event extends { type: string; data: unknown }>(
  shapes: Record<Event["type"], EventShape>,
): Codec<Event> {
  const shapeOf = new Map<string, EventShape>(Object.entries(shapes));
  for (const [type, { schemaVersion, upcasters }] of shapeOf) {
    if (upcasters.length === schemaVersion - 1) continue;
    throw new Error(
      `${type} has schema version ${schemaVersion} and ${upcasters.length} upcasters: it needs ${schemaVersion - 1}, one for each version before`,
    );
  }
  return {
    shapes: shapeOf,
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
      if (!shape || stored.schemaVersion > shape.schemaVersion)
        throw new NewerEvent(stored, shape?.schemaVersion);
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
  if (stored.schemaVersion < 1)
    throw new UnreadableEvent(`${nameOf(stored)} is no version: they count from 1`);
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
