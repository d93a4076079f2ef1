// Commands by name: POST /commands and the topic orders-commands speak this.
import * as v from "valibot";
import { agreedId } from "@millrace/shop/order/bodies/agreed";
import { type NewOrderContext, readNewOrder } from "@millrace/shop/order/bodies/new-order";
import { readOrderPatch } from "@millrace/shop/order/bodies/patch-order";
import type { OrderCommand } from "@millrace/shop/order/commands";
import { readNewUser, readUserPatch } from "@millrace/shop/user/body";
import type { UserCommand } from "@millrace/shop/user/commands";
import { chosenId, text } from "@millrace/shop/words";
import { type Issue, isJsonObject, type Parsed, parse, refused, within, withoutNulls } from "./parsed.ts";

/** Commands for one stream, to be decided as one. `id` is the stream's id. */
export type StreamCommands =
  | { readonly aggregate: "order"; readonly id: string; readonly commands: readonly OrderCommand[] }
  | { readonly aggregate: "user"; readonly id: string; readonly commands: readonly UserCommand[] };

/** `commandId` is what the envelope's own id said. */
export type NamedCommand = StreamCommands & { readonly commandId?: string };

/** The client's own name for this one command, which happens once; longer ones are no ids but payloads. */
export const COMMAND_ID_LENGTH_MAX = 255;
/** Longer than the longest name in any spelling. */
const COMMAND_NAME_LENGTH_MAX = 64;

/** `data` is another word for `payload`. */
export const commandEnvelope = v.strictObject({
  type: v.pipe(v.string(), v.maxLength(COMMAND_NAME_LENGTH_MAX, "Must be the name of a command")),
  id: v.exactOptional(v.pipe(text(COMMAND_ID_LENGTH_MAX), v.minLength(1, "Must not be empty"))),
  payload: v.exactOptional(v.unknown()),
  data: v.exactOptional(v.unknown()),
});

/** Reads {type, payload|data, id?}. Names are accepted in any case and with any separators: CREATE_ORDER. */
export function readNamedCommand(body: unknown, context: NewOrderContext): Parsed<NamedCommand> {
  const envelope = parse(
    commandEnvelope,
    withoutNulls(body, (word) => word === "id" || word === "payload" || word === "data"),
  );
  if (!envelope.ok) return envelope;
  const { type, id: commandId, payload, data } = envelope.value;
  const read = readers.get(type.replace(/[^A-Za-z]/g, "").toLowerCase());
  if (!read) return refused("/type", `Must be one of ${commandNames.join(", ")}`);
  if (payload !== undefined && data !== undefined) return refused("/data", "Can't stand beside payload");
  if (payload === undefined && data === undefined) return refused("/payload", "Missing");
  const word = payload === undefined ? "data" : "payload";
  const commands = within(`/${word}`, read(envelope.value[word], context));
  if (!commands.ok || commandId === undefined) return commands;
  return { ok: true, value: { ...commands.value, commandId } };
}

type Reader = (payload: unknown, context: NewOrderContext) => Parsed<StreamCommands>;

const namedReaders = {
  createOrder(payload, context) {
    const parsed = readNewOrder(payload, context);
    if (!parsed.ok) return parsed;
    return forOrder(parsed.value.orderId, [parsed.value]);
  },
  changeOrder: (payload, { currency }) => changeOrder(payload, currency),
  shipOrder: (payload) => bareOrderCommand(payload, { type: "ShipOrder" }),
  deliverOrder: (payload) => bareOrderCommand(payload, { type: "DeliverOrder" }),
  cancelOrder: (payload) => bareOrderCommand(payload, { type: "CancelOrder" }),
  deleteOrder: (payload) => bareOrderCommand(payload, { type: "DeleteOrder" }),
  createUser(payload) {
    const parsed = readNewUser(payload);
    if (!parsed.ok) return parsed;
    return forUser(String(parsed.value.id), [parsed.value]);
  },
  changeUser: (payload) => changeUser(payload),
  deleteUser(payload) {
    const parsed = parse(userReference, payload);
    return parsed.ok ? forUser(String(parsed.value.id), [{ type: "DeleteUser" }]) : parsed;
  },
} satisfies Readonly<Record<string, Reader>>;

export type CommandName = keyof typeof namedReaders;

const commandNames = Object.keys(namedReaders);
const readers = new Map<string, Reader>(
  Object.entries(namedReaders).map(([name, read]) => [name.toLowerCase(), read]),
);

export const orderReference = v.strictObject({
  orderId: v.exactOptional(chosenId),
  id: v.exactOptional(chosenId),
});
export const userReference = v.strictObject({ id: chosenId });

function bareOrderCommand(payload: unknown, command: OrderCommand): Parsed<StreamCommands> {
  const id = readOrderId(payload);
  return id.ok ? forOrder(id.value, [command]) : id;
}

/** The payload is the order's id beside what PATCH takes. */
function changeOrder(payload: unknown, currency: string): Parsed<StreamCommands> {
  if (!isJsonObject(payload)) return refused("", "Must be a JSON object");
  const { orderId, id, ...patch } = payload;
  const reference = readOrderId({
    ...(orderId === undefined ? {} : { orderId }),
    ...(id === undefined ? {} : { id }),
  });
  const commands = readOrderPatch(patch, currency);
  if (!reference.ok) return reference;
  if (!commands.ok) return commands;
  return forOrder(reference.value, commands.value);
}

function changeUser(payload: unknown): Parsed<StreamCommands> {
  if (!isJsonObject(payload)) return refused("", "Must be a JSON object");
  const { id, ...patch } = payload;
  const reference = parse(userReference, id === undefined ? {} : { id });
  if (!reference.ok) return reference;
  const command = readUserPatch(patch);
  return command.ok ? forUser(String(reference.value.id), [command.value]) : command;
}

function readOrderId(payload: unknown): Parsed<string> {
  const parsed = parse(orderReference, payload);
  if (!parsed.ok) return parsed;
  const issues: Issue[] = [];
  const id = agreedId(parsed.value, issues);
  if (issues.length > 0) return { ok: false, issues };
  return id === undefined ? refused("/orderId", "Missing") : { ok: true, value: id };
}

function forOrder(id: string, commands: readonly OrderCommand[]): Parsed<StreamCommands> {
  return { ok: true, value: { aggregate: "order", id, commands } };
}

function forUser(id: string, commands: readonly UserCommand[]): Parsed<StreamCommands> {
  return { ok: true, value: { aggregate: "user", id, commands } };
}
