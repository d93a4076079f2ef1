// Commands by name, as POST /commands and the commands' topic take them.
import * as v from "valibot";
import type { Aggregate, AnyCommand, ReadContext } from "./aggregate.ts";
import { isJsonObject, mapParsed, type Parsed, parse, refused, within, withoutNulls } from "./parsed.ts";
import { text } from "./words.ts";

/** Commands for one stream, to be decided as one. */
export interface StreamCommands {
  /** The aggregate's name. */
  readonly aggregate: string;
  /** The stream's id. */
  readonly id: string;
  readonly commands: readonly AnyCommand[];
  /** JSON pointer to the payload in the body that it came in; absent where the body is the payload. */
  readonly place?: string;
}

/** `commandId` is the `id` of its envelope. */
export type NamedCommand = StreamCommands & { readonly commandId?: string };

/** Characters of the `id` under which a client's command happens once; anything longer is no id. */
export const COMMAND_ID_LENGTH_MAX = 255;
/** Characters of a command's name; more than the longest has in any spelling. */
const COMMAND_NAME_LENGTH_MAX = 64;

/** `data` is a synonym of `payload`. */
const commandEnvelope = v.strictObject({
  type: v.pipe(v.string(), v.maxLength(COMMAND_NAME_LENGTH_MAX, "Must be the name of a command")),
  id: v.exactOptional(v.pipe(text(COMMAND_ID_LENGTH_MAX), v.minLength(1, "Must not be empty"))),
  payload: v.exactOptional(v.unknown()),
  data: v.exactOptional(v.unknown()),
});

/** Reads bodies that name their command. */
export type ReadNamed = (body: unknown) => Parsed<NamedCommand>;

type ReadPayload = (payload: unknown) => Parsed<StreamCommands>;

/**
 * Reads {type, payload|data, id?}. Names are accepted in any case and with any separators: CREATE_ORDER.
 * @throws for a name that two aggregates have
 */
export function namedReader<Settings>(
  aggregates: readonly Aggregate<Settings>[],
  context: ReadContext<Settings>,
): ReadNamed {
  const named = aggregates.flatMap((aggregate) => payloadReaders(aggregate, context));
  const names = named.map(([name]) => name);
  const readers = new Map(named.map(([name, read]) => [name.toLowerCase(), read]));
  if (readers.size < names.length) throw new Error(`Two commands have one name: ${names.sort().join(", ")}`);
  return (body) => {
    const envelope = parse(
      commandEnvelope,
      withoutNulls(body, (word) => word === "id" || word === "payload" || word === "data"),
    );
    if (!envelope.ok) return envelope;
    const { type, id: commandId, payload, data } = envelope.value;
    const read = readers.get(type.replace(/[^A-Za-z]/g, "").toLowerCase());
    if (!read) return refused("/type", `Must be one of ${names.join(", ")}`);
    if (payload !== undefined && data !== undefined) return refused("/data", "Can't stand beside payload");
    if (payload === undefined && data === undefined) return refused("/payload", "Missing");
    const word = payload === undefined ? "data" : "payload";
    const commands = within(`/${word}`, read(envelope.value[word]));
    if (!commands.ok) return commands;
    const named = { ...commands.value, place: `/${word}` };
    return { ok: true, value: commandId === undefined ? named : { ...named, commandId } };
  };
}

function payloadReaders<Settings>(
  { name: aggregate, creation, change, removal, others, reference }: Aggregate<Settings>,
  context: ReadContext<Settings>,
): [string, ReadPayload][] {
  const on = (id: Parsed<string>, commands: readonly AnyCommand[]): Parsed<StreamCommands> =>
    mapParsed(id, (value) => ({ aggregate, id: value, commands }));
  const bare =
    (command: AnyCommand): ReadPayload =>
    (payload) =>
      on(reference.read(payload), [command]);
  const readers: [string, ReadPayload][] = [];
  if (creation) {
    readers.push([
      creation.name,
      (payload) =>
        mapParsed(creation.read(payload, context), ({ id, command }) => ({
          aggregate,
          id,
          commands: [command],
        })),
    ]);
  }
  if (change) {
    // The payload is what PATCH takes, with the thing's id beside it.
    const readChange: ReadPayload = (payload) => {
      if (!isJsonObject(payload)) return refused("", "Must be a JSON object");
      const words = Object.entries(payload);
      const isId = ([word]: [string, unknown]) => word in reference.words;
      const id = reference.read(Object.fromEntries(words.filter(isId)));
      if (!id.ok) return id;
      const changes = change.read(Object.fromEntries(words.filter((each) => !isId(each))), context);
      return changes.ok ? on(id, changes.value) : changes;
    };
    readers.push([change.name, readChange]);
  }
  for (const [name, { command }] of Object.entries(others)) readers.push([name, bare(command)]);
  if (removal) readers.push([removal.name, bare(removal.command)]);
  return readers;
}

/** The envelope of every command, by the command's name, for the documentation. */
export function describeCommands<Settings>(
  aggregates: readonly Aggregate<Settings>[],
  settings: Settings,
): [string, v.GenericSchema][] {
  const { id } = commandEnvelope.entries;
  return aggregates
    .flatMap((aggregate) => payloadSchemas(aggregate, settings))
    .map(([type, payload]) => [type, v.strictObject({ type: v.literal(type), id, payload })]);
}

function payloadSchemas<Settings>(
  { creation, change, removal, others, reference }: Aggregate<Settings>,
  settings: Settings,
): [string, v.GenericSchema][] {
  const words = Object.keys(reference.words);
  const [word = "id"] = words;
  const first = reference.words[word];
  // Any of the reference's words may name the thing, and one must.
  const named =
    words.length === 1
      ? v.strictObject(required(reference.words))
      : v.pipe(
          v.strictObject(reference.words),
          v.metadata({ anyOf: words.map((each) => ({ required: [each] })) }),
        );
  const schemas: [string, v.GenericSchema][] = [];
  if (creation) schemas.push([creation.name, oneOf(creation.schemas(settings))]);
  if (change && first) {
    const bodies = change.words.map((entries) =>
      // With one word for the id alone: beside several, JSON Schema could not say that something must change.
      v.pipe(v.strictObject({ ...required({ [word]: first }), ...entries }), v.minEntries(2)),
    );
    schemas.push([change.name, oneOf(bodies)]);
  }
  for (const name of Object.keys(others)) schemas.push([name, named]);
  if (removal) schemas.push([removal.name, named]);
  return schemas;
}

function oneOf(schemas: readonly v.GenericSchema[]): v.GenericSchema {
  const [only] = schemas;
  return schemas.length === 1 && only ? only : v.union([...schemas]);
}

/** The same words, each of them required. */
function required(words: v.ObjectEntries): v.ObjectEntries {
  return Object.fromEntries(
    Object.entries(words).map(([word, schema]) => [word, "wrapped" in schema ? schema.wrapped : schema]),
  ) as v.ObjectEntries;
}
