// The load: clients that send one command after another, and write down what they meant and were told.

import type { KafkaClient } from "@millrace/kafka/client";
import { createPublisher, type Publisher } from "@millrace/kafka/publish";
import { shop } from "@millrace/shop/shop";
import { changeThing, createThing, type Thing } from "./examples.ts";
import { type Final, send } from "./http-client.ts";
import type { Journal } from "./journal.ts";
import { changeOrder, createOrder, createOrders, type Intent, type KnownOrder } from "./mix.ts";
import { createRandom, type Random } from "./random.ts";
import { createShelf, type Shelf } from "./stock.ts";

export interface LoadOptions {
  readonly commandUrls: readonly string[];
  readonly kafka: KafkaClient;
  readonly journal: Journal;
  readonly seed: number;
  readonly clients: number;
  /** All clients together; each waits its turn. */
  readonly commandsPerSecond: number;
}

export interface Load {
  /** Ends when every command that was begun has its answer. */
  stop(): Promise<void>;
  /** Changes the rate from now on. */
  rate(commandsPerSecond: number): void;
}

/** A client gives a try up after this, and a command after that: longer than any fault lasts. */
const TRY_MS = 10_000;
const PATIENCE_MS = 240_000;
/** Orders that all clients change at once. */
const HOT_ORDERS = 3;
const HOT_CHANGES_MAX = 200;
/** Orders, and other things, that a client remembers as its own. */
const OWN_MAX = 50;

export function startLoad(options: LoadOptions): Load {
  const { journal } = options;
  const run = options.seed.toString(36);
  const publisher = createPublisher(options.kafka);
  const hot = createHotOrders();
  const shelf = createShelf(run);
  let commandsPerSecond = options.commandsPerSecond;
  let stopping = false;
  let names = 0;

  const client = async (random: Random) => {
    const own: KnownOrder[] = [];
    const things: Thing[] = [];
    while (!stopping) {
      await Bun.sleep((options.clients / commandsPerSecond) * 1_000 * (0.5 + random.next()));
      const name = `${run}-${names++}`;
      if (random.chance(0.05)) await produce(publisher, journal, name);
      else {
        const intent = draw(random, { own, things, hot, shelf, name });
        await ask(options, intent, random.chance(ASYNC_CHANCE));
      }
      if (own.length > OWN_MAX) own.splice(0, own.length - OWN_MAX);
      if (things.length > OWN_MAX) things.splice(0, things.length - OWN_MAX);
    }
  };
  const opening = shelf.openings().map((intent) => ask(options, intent));
  const connecting = Promise.all([publisher.connect(), ...opening]);
  const clients = Array.from({ length: options.clients }, async (_, index) => {
    await connecting;
    await client(createRandom(options.seed * 1_000 + index));
  });
  return {
    async stop() {
      stopping = true;
      await Promise.all(clients);
      await publisher.disconnect();
    },
    rate(next) {
      commandsPerSecond = next;
    },
  };
}

interface Drawing {
  readonly own: KnownOrder[];
  readonly things: Thing[];
  readonly hot: ReturnType<typeof createHotOrders>;
  readonly shelf: Shelf;
  readonly name: string;
}

function draw(random: Random, { own, things, hot, shelf, name }: Drawing): Intent {
  if (random.chance(SHELF_CHANCE)) return drawOfShelf(random, { own, shelf, name });
  const kind = random.next();
  if (kind < 0.45 || own.length === 0) {
    const intent = createOrder(random, name, `o-${name}`);
    if (intent.order) own.push(intent.order);
    return intent;
  }
  if (kind < 0.72) return changeOrder(random, name, random.pick(own));
  if (kind < 0.82) return hot.next(random, name);
  if (kind < 0.86) return createOrders(random, name, `b-${name}`);
  const changed =
    kind < 0.93 || things.length === 0 ? undefined : changeThing(random, name, random.pick(things));
  if (changed) return changed;
  const made = createThing(random, name);
  if (made) things.push(made.thing);
  return made?.intent ?? createOrder(random, name, `o-${name}`);
}

/** Commands on kept goods among all, and deliveries among those: most orders of them have to be refused. */
const SHELF_CHANCE = 0.12;
const RECEIVE_CHANCE = 0.1;

function drawOfShelf(random: Random, { own, shelf, name }: Pick<Drawing, "own" | "shelf" | "name">): Intent {
  if (random.chance(RECEIVE_CHANCE)) return shelf.receive(random, name);
  const intent = shelf.order(random, name, `s-${name}`);
  if (intent.order) own.push(intent.order);
  return intent;
}

/** A few orders that everybody changes; each is replaced before its stream grows long. */
function createHotOrders() {
  const orders: (KnownOrder & { changes: number })[] = [];
  let replaced = 0;
  return {
    next(random: Random, name: string): Intent {
      const slot = random.between(0, HOT_ORDERS);
      const order = orders[slot];
      if (order && order.changes++ < HOT_CHANGES_MAX) {
        const command = {
          name,
          method: "PATCH" as const,
          path: `/orders/${order.id}`,
          body: { customer: `Hot ${name}` },
          headers: random.chance(0.5) ? { "if-match": `"${order.version}"` } : {},
        };
        return { command, expected: [`order-${order.id} OrderChanged`], order };
      }
      const id = `hot-${replaced++}-${name}`;
      const made: KnownOrder = { id, paid: false, status: "CREATED", version: 1 };
      orders[slot] = { ...made, changes: 0 };
      const body = { orderId: id, customer: "Hot", items: ["pen"] };
      return {
        command: { name, method: "POST", path: "/orders", body },
        expected: [`order-${id} OrderCreated`],
      };
    },
  };
}

/** One in so many prefers to be answered later. */
const ASYNC_CHANCE = 0.06;

async function ask({ commandUrls, journal }: LoadOptions, intent: Intent, isForLater = false): Promise<void> {
  const prefer = isForLater ? { prefer: "respond-async" } : {};
  const { command } = intent;
  const sent = { ...command, headers: { ...command.headers, ...prefer } };
  const final = await send(commandUrls, sent, { timeoutMs: TRY_MS, patienceMs: PATIENCE_MS });
  const version = Number(final.headers.get("etag")?.replaceAll('"', "") ?? 0);
  if (intent.order && version > intent.order.version) intent.order.version = version;
  journal.add({ name: command.name, expected: intent.expected, ...ended(final) });
}

function ended({ status, headers, sends, tookMs }: Final) {
  const told = { sends, tookMs };
  if (status === undefined) return { ...told, ending: "unknown" as const };
  const location = headers.get("location");
  if (status === 202) return { ...told, status, ending: "submitted" as const, location: location ?? "" };
  return { ...told, status, ending: status < 300 ? ("acknowledged" as const) : ("refused" as const) };
}

/** A command by Kafka, from a producer that sends again until the broker has it. */
async function produce(publisher: Publisher, journal: Journal, name: string): Promise<void> {
  const id = `k-${name}`;
  const startedAt = performance.now();
  const record = {
    topic: shop.kafkaNames.commandsTopic,
    key: id,
    value: JSON.stringify({ type: "CREATE_ORDER", data: { orderId: id, product: name, quantity: 3 } }),
    headers: { "idempotency-key": name, "correlation-id": name },
  };
  let sends = 0;
  let ending: "acknowledged" | "unknown" = "unknown";
  while (ending === "unknown" && performance.now() - startedAt < PATIENCE_MS) {
    try {
      sends++;
      await publisher.publish([record]);
      ending = "acknowledged";
    } catch {
      await Bun.sleep(500);
    }
  }
  journal.add({
    name,
    expected: [`order-${id} OrderCreated`],
    ending,
    sends,
    tookMs: performance.now() - startedAt,
  });
}
