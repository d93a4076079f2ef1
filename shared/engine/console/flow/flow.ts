// The way of an event through the system: what each step has in hand, and where one stands still. Pure: what was seen goes
// in, steps come out.
import { count } from "@millrace/platform/quantities";
import { partitionsStep, processStep, readerStep } from "./reader-steps.ts";
import {
  bad,
  busy,
  type FlowSeen,
  type FlowShop,
  good,
  level,
  type Step,
  stepOf,
  unknown,
  warn,
} from "./step.ts";

export interface Flow {
  readonly accept: Step;
  readonly store: Step;
  readonly relay: Step;
  readonly topics: readonly { readonly topic: Step; readonly partitions: Step }[];
  readonly rows: readonly Step[];
  readonly processes: readonly Step[];
}

/** Every step, in the order in which events come past. */
export function stepsOf({ accept, store, relay, topics, rows, processes }: Flow): Step[] {
  const kafka = topics.flatMap(({ topic, partitions }) => [topic, partitions]);
  return [accept, store, relay, ...kafka, ...rows, ...processes];
}

export function flowOf(shop: FlowShop, seen: FlowSeen): Flow {
  return {
    accept: acceptStep(seen),
    store: storeStep(seen),
    relay: relayStep(seen),
    topics: shop.topics.map((name) => ({
      topic: topicStep(name, seen),
      partitions: partitionsStep(name, shop, seen),
    })),
    rows: shop.models.map((model) => readerStep(model, seen)),
    processes: shop.processes.map((process) => processStep(process, seen)),
  };
}

function acceptStep({ health, storedRate }: FlowSeen): Step {
  const step = stepOf({ key: "accept", title: "Command API", href: "/" });
  const all = health.filter(({ name }) => name === "command-api");
  const away = all.filter(({ state }) => state !== "ready");
  const figure = storedRate === undefined ? "no rate yet" : `${rate(storedRate)} events/s`;
  const [first] = away;
  if (all.length === 0)
    return step(figure, unknown("The console knows of no command-api: name it in MILLRACE_PROCESSES."));
  if (!first) return step(figure, good("ready"));
  const why = `${away.length} of ${all.length}: ${first.missing ?? "no answer within a second"}.`;
  return step(
    figure,
    away.length < all.length
      ? warn(first.state, `${why} The others accept commands.`)
      : bad(first.state, `${why} No command is accepted: start it, or mend what it lacks.`),
  );
}

function storeStep({ stored }: FlowSeen): Step {
  const step = stepOf({ key: "store", title: "Event store", href: "/streams" });
  return stored.ok
    ? step(`${count(stored.value)} events`, good("answers"))
    : step("–", bad("no answer", "Postgres does not answer: no command is accepted before it does."));
}

function relayStep({ lanes, held, outboxGrows }: FlowSeen): Step {
  const step = stepOf({ key: "relay", title: "Relay", href: "/relay" });
  if (!lanes.ok) return step("–", unknown("Postgres does not answer what waits in the outbox."));
  const all = lanes.value;
  const waiting = all.reduce((sum, { records }) => sum + records, 0);
  const figure = waiting === 0 ? "nothing waits" : `${count(waiting)} wait`;
  const unheld = all.filter(({ session }) => session === null).length;
  const stuck = all.filter((lane) => lane.stuck).length;
  const refused = held.ok ? held.value.reduce((sum, { events }) => sum + events, 0) : 0;
  if (unheld > 0) {
    const why = `No relay holds ${unheld} of ${all.length} lanes: is one running? Commands are accepted, and their events wait.`;
    return step(figure, bad("held by nobody", why));
  }
  if (refused > 0) {
    const why = `Kafka refuses ${count(refused)} events. They are tried again; the page Relay names the cause.`;
    return step(figure, bad(`${count(refused)} set aside`, why));
  }
  if (stuck > 0) {
    const why = `${stuck} of ${all.length} lanes have waited for more than a few seconds: Kafka is away, slow or refuses.`;
    return step(figure, bad("stuck", why));
  }
  if (outboxGrows)
    return step(figure, warn("backlog grows", "More comes into the outbox than Kafka acknowledges."));
  return step(figure, waiting > 0 ? busy("sending") : level);
}

function topicStep(name: string, { lag, held }: FlowSeen): Step {
  const step = stepOf({ key: `topic ${name}`, title: name, href: `/topics/${encodeURIComponent(name)}` });
  if (!lag.ok)
    return step(
      "–",
      bad("no answer", "Kafka does not answer: accepted events wait in the outbox until it does."),
    );
  const partitions = lag.value.filter(({ topic }) => topic === name);
  const ends = new Map(partitions.map(({ partition, end }) => [partition, end]));
  const records = [...ends.values()].reduce((sum, end) => sum + end, 0);
  const figure = ends.size === 0 ? "nothing read" : `${count(records)} records`;
  const refused = held.ok ? (held.value.find(({ topic }) => topic === name)?.events ?? 0) : 0;
  if (refused > 0) {
    const why = `Kafka refuses ${count(refused)} events for this topic. They are tried again; the page Relay names the cause.`;
    return step(figure, bad("refuses events", why));
  }
  return step(figure, ends.size === 0 ? { state: "empty", tone: "calm" } : good("takes"));
}

function rate(value: number): string {
  return value >= 10 ? count(Math.round(value)) : String(Math.round(value * 10) / 10);
}
