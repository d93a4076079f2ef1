// What the clients ask of an aggregate that the mix knows nothing special of: its own examples, each with words of its own,
// so that none asks for what is so already. What has to happen is what the aggregate itself decides.
import { shop } from "@millrace/shop/shop";
import type { Intent } from "./mix.ts";
import type { Random } from "./random.ts";

type Kind = (typeof shop.aggregates)[number];

/** Something that a client has made, as the client believes it to be. */
export interface Thing {
  readonly kind: Kind;
  readonly id: string;
  state: unknown;
}

/** The mix has more to ask of these. */
const MIXED = ["order"];
const kinds = shop.aggregates.filter(({ name, creation }) => creation && !MIXED.includes(name));
const context = { newId: () => crypto.randomUUID(), settings: { currency: "USD" } };

/** Undefined where there is no such aggregate. */
export function createThing(random: Random, name: string): { intent: Intent; thing: Thing } | undefined {
  if (kinds.length === 0) return undefined;
  const kind = random.pick(kinds);
  const { creation, reference, decider } = kind;
  if (!creation) return undefined;
  const [idWord = "id"] = Object.keys(reference.words);
  const read = (body: object) => creation.read(body, context);
  const body = varied(
    random,
    { ...(creation.example as object), [idWord]: `x-${name}` },
    name,
    [idWord],
    (each) => read(each).ok,
  );
  const parsed = read(body);
  if (!parsed.ok) throw new Error(`${kind.name} does not read its own example: ${JSON.stringify(body)}`);
  const { id, command } = parsed.value;
  const thing: Thing = { kind, id, state: decider.initialState };
  const expected = decided(thing, [command]);
  const path = random.chance(0.5) ? creation.routes[0]?.path : undefined;
  const sent = path === undefined ? { type: creation.name, payload: body } : body;
  return {
    intent: { command: { name, method: "POST", path: path ?? "/commands", body: sent }, expected },
    thing,
  };
}

/** Undefined where nothing that may be asked of it would change it. */
export function changeThing(random: Random, name: string, thing: Thing): Intent | undefined {
  const { kind, id } = thing;
  const path = `/${kind.plural}/${id}`;
  const { change, removal } = kind;
  if (removal && (!change || random.chance(0.2))) {
    const expected = decided(thing, [removal.command]);
    return expected.length > 0 ? { command: { name, method: "DELETE", path }, expected } : undefined;
  }
  if (!change) return undefined;
  const example = random.pick(Object.values(change.examples)) as object;
  const body = varied(random, example, name, [], (each) => change.read(each, context).ok);
  const parsed = change.read(body, context);
  const expected = parsed.ok ? decided(thing, parsed.value) : [];
  return expected.length > 0 ? { command: { name, method: "PATCH", path, body }, expected } : undefined;
}

/** Events as the journal names them; the thing is believed to be as they leave it. None where it is refused. */
function decided(thing: Thing, commands: readonly { readonly type: string }[]): string[] {
  const { kind, id } = thing;
  const events: string[] = [];
  for (const command of commands) {
    const decision = kind.decider.decide(command, thing.state);
    if (!decision.accepted) return [];
    for (const event of decision.events) {
      thing.state = kind.decider.evolve(thing.state, event);
      events.push(`${kind.name}-${id} ${event.type}`);
    }
  }
  return events;
}

/** With another text or number in each word that can have any. */
function varied(
  random: Random,
  example: object,
  name: string,
  fixed: readonly string[],
  isRead: (body: object) => boolean,
): object {
  let body = example;
  for (const [word, value] of Object.entries(example)) {
    const varies = typeof value === "string" || typeof value === "number";
    if (!varies || fixed.includes(word)) continue;
    const other = {
      ...body,
      [word]: typeof value === "number" ? value + random.between(1, 1_000) : `${value} ${name}`,
    };
    if (isRead(other)) body = other;
  }
  return body;
}
