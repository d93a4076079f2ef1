// For tests: an example of every event in every schema version that was ever stored. What stands there never changes, since
// events don't.
import * as v from "valibot";
import type { Aggregate } from "@millrace/commands/aggregate";

export interface Example {
  /** Its data, as the event store has it. */
  readonly stored: unknown;
  /** And as it is read by now. */
  readonly read: unknown;
  /** SHA-256 of what is stored, so that nobody changes it without meaning to. */
  readonly sha256: string;
}

/** By an event's name and schema version: "OrderCreated v1". */
export type Examples = Readonly<Record<string, Example>>;

type AnyAggregate = Pick<Aggregate, "name" | "codec">;

export function examplesFile({ name }: AnyAggregate): URL {
  return new URL(`../${name}/stored-events.json`, import.meta.url);
}

/** Names of all that may stand in an event store. */
export function everyVersion({ codec }: AnyAggregate): string[] {
  return [...codec.shapes].flatMap(([type, { schemaVersion }]) =>
    Array.from({ length: schemaVersion }, (_, index) => `${type} v${index + 1}`),
  );
}

export function digestOf(stored: unknown): string {
  return new Bun.CryptoHasher("sha256").update(JSON.stringify(stored)).digest("hex");
}

/** @throws as the codec does */
export function readStored({ name, codec }: AnyAggregate, event: string, stored: unknown): unknown {
  const [type = "", schemaVersion] = event.split(" v");
  return codec.decode({
    ...{ stream: `${name}-1`, version: 1, type, schemaVersion: Number(schemaVersion) },
    ...{ at: "2026-01-31T12:00:00.000Z", data: JSON.stringify(stored) },
    metadata: { actor: "test", correlationId: "correlation", causationId: "causation" },
  }).data;
}

/** One that the schema takes, with every member that may be there. @throws where it has to be written by hand */
export function exampleOf(schema: v.GenericSchema): unknown {
  const made = make(schema as Loose);
  const parsed = v.safeParse(schema, made);
  if (!parsed.success) throw new Error(`No example could be made: ${parsed.issues[0].message}`);
  return made;
}

interface Loose {
  readonly type: string;
  readonly pipe?: readonly { readonly type: string; readonly requirement?: unknown }[];
  readonly wrapped?: Loose;
  readonly item?: Loose;
  readonly value?: Loose;
  readonly entries?: Readonly<Record<string, Loose>>;
  readonly options?: readonly unknown[];
  readonly literal?: unknown;
}

function make(schema: Loose): unknown {
  const { type, pipe = [], wrapped, item, value, entries = {}, options = [], literal } = schema;
  if (wrapped) return make(wrapped);
  switch (type) {
    case "string":
      return pipe.some((each) => each.type === "iso_timestamp") ? "2026-01-31T12:00:00.000Z" : "text";
    case "number":
      return Math.max(
        1,
        ...pipe.filter((each) => each.type === "min_value").map(({ requirement }) => Number(requirement)),
      );
    case "boolean":
      return true;
    case "literal":
      return literal;
    case "picklist":
      return options[0];
    case "union":
      return make(options[0] as Loose);
    case "array":
      return item ? [make(item)] : [];
    case "record":
      return value ? { word: make(value) } : {};
    case "unknown":
      return "anything";
  }
  if (schema.entries)
    return Object.fromEntries(Object.entries(entries).map(([name, entry]) => [name, make(entry)]));
  throw new Error(`No example is known of a ${type}`);
}
