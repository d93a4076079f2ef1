// The way of an event through the system, with what each step has in hand and where one stands still. Pure: what was
// seen goes in, the steps come out. Names are the shop's own.
import { count } from "@millrace/platform/quantities";
import { type Lag, NOBODY_YET } from "@millrace/projector/lag";
import type { Owned } from "@millrace/projector/owners";
import { type Worker, workersOf } from "../workers.ts";
import { processStep, readerStep } from "./reader-steps.ts";
import { bad, type FlowSeen, type FlowShop, level, type State, type Step, unknown, warn } from "./step.ts";

/** What reads topics: a read model or a process. */
export interface Reader extends Step {
  readonly topics: readonly string[];
}

export interface Flow {
  readonly accept: Step;
  readonly store: Step;
  readonly relay: Step;
  readonly topics: readonly { readonly name: string; readonly topic: Step; readonly partitions: Step }[];
  readonly rows: readonly Reader[];
  readonly processes: readonly Reader[];
}

/** Every step, from left to right. */
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
      name,
      topic: topicStep(name, seen),
      partitions: partitionsStep(name, shop, seen),
    })),
    rows: shop.models.map(({ name, topics }) => ({
      ...readerStep({ name, projection: name, href: `/${name}` }, seen),
      topics,
    })),
    processes: shop.processes.map((process) => ({ ...processStep(process, seen), topics: process.topics })),
  };
}

function acceptStep({ health, storedRate }: FlowSeen): Step {
  const all = health.filter(({ name }) => name === "command-api");
  const away = all.filter(({ state }) => state !== "ready");
  const figure = storedRate === undefined ? "no rate yet" : `${rate(storedRate)} events/s`;
  const base = { key: "accept", title: "Command API", href: "/", figure };
  const [first] = away;
  if (all.length === 0)
    return {
      ...base,
      state: "not known",
      tone: "warn",
      why: "No process command-api is known here; MILLRACE_PROCESSES names them.",
    };
  if (!first) return { ...base, state: "ready", tone: "good" };
  const why = `${away.length} of ${all.length}: ${first.missing ?? "no answer within a second"}.`;
  // Others still accept.
  return { ...base, state: first.state, tone: away.length < all.length ? "warn" : "bad", why };
}

function storeStep({ stored }: FlowSeen): Step {
  const base = { key: "store", title: "Event store", href: "/streams" };
  if (!stored.ok)
    return {
      ...base,
      figure: "–",
      state: "no answer",
      tone: "bad",
      why: "Postgres does not answer: nothing is accepted before it does.",
    };
  return { ...base, figure: `${count(stored.value)} events`, state: "answers", tone: "good" };
}

function relayStep({ lanes, held, outboxGrows }: FlowSeen): Step {
  const base = { key: "relay", title: "Relay", href: "/relay" };
  if (!lanes.ok)
    return { ...base, figure: "–", ...unknown("Postgres does not say what waits in the outbox.") };
  const waiting = lanes.value.reduce((sum, { records }) => sum + records, 0);
  return { ...base, figure: waiting === 0 ? "nothing waits" : `${count(waiting)} wait`, ...relayState() };

  function relayState(): State {
    const all = lanes.ok ? lanes.value : [];
    const unheld = all.filter(({ session }) => session === null).length;
    const refused = held.ok ? held.value.reduce((sum, { events }) => sum + events, 0) : 0;
    const stuck = all.filter((lane) => lane.stuck).length;
    if (unheld > 0)
      return bad(
        "held by nobody",
        `${unheld} of ${all.length} lanes are held by no relay: is one running? Commands are accepted, and wait.`,
      );
    if (refused > 0)
      return bad(
        `${count(refused)} set aside`,
        `Kafka refuses ${count(refused)} events, which are tried again; the page Relay says why.`,
      );
    if (stuck > 0)
      return bad(
        "stuck",
        `${stuck} of ${all.length} lanes have waited for more than a few seconds: Kafka is away, slow or refuses.`,
      );
    if (outboxGrows) return warn("backlog grows", "More comes into the outbox than Kafka acknowledges.");
    return waiting > 0 ? { state: "sending", tone: "busy" } : level;
  }
}

function topicStep(name: string, { lag, held }: FlowSeen): Step {
  const base = { key: `topic ${name}`, title: name, href: `/topics/${encodeURIComponent(name)}` };
  if (!lag.ok)
    return {
      ...base,
      figure: "–",
      ...bad("no answer", "Kafka does not answer: what is accepted waits in the outbox."),
    };
  const ends = new Map(
    lag.value.filter(({ topic }) => topic === name).map(({ partition, end }) => [partition, end]),
  );
  const records = [...ends.values()].reduce((sum, end) => sum + end, 0);
  const figure = ends.size === 0 ? "nothing read" : `${count(records)} records`;
  const refused = held.ok ? (held.value.find(({ topic }) => topic === name)?.events ?? 0) : 0;
  if (refused > 0)
    return {
      ...base,
      figure,
      ...bad("refuses events", `Kafka refuses ${count(refused)} events for it; the page Relay says why.`),
    };
  return {
    ...base,
    figure,
    state: ends.size === 0 ? "empty" : "takes",
    tone: ends.size === 0 ? "calm" : "good",
  };
}

function partitionsStep(name: string, shop: FlowShop, seen: FlowSeen): Step {
  const { owned, lag, health, grows } = seen;
  const base = { key: `partitions ${name}`, title: "Partitions", href: "/partitions" };
  if (!owned.ok) return { ...base, figure: "–", ...unknown("Postgres does not say who reads them.") };
  const workers = workersOf(health);
  const workerOf = ({ owner, topic, partition }: Owned) => workers.get(`${owner} ${topic}/${partition}`);
  // Checkpoints of copies, and of what the shop had once, are nobody's to move.
  const isRead = readBy(shop);
  const places = owned.value.filter((place) => place.topic === name && isRead(place.projection));
  const claimed = new Set(places.map(({ partition }) => partition)).size;
  const rows = lag.ok ? lag.value.filter((row) => row.topic === name && row.decides && isRead(row.name)) : [];
  const figure = claimed === 0 ? "none claimed" : `${count(claimed)} claimed`;
  return { ...base, figure, ...partitionsState() };

  function partitionsState(): State {
    const still = places.filter((place) => place.standsStill !== null || isStopped(workerOf(place)));
    const idle = places.filter((place) => !workerOf(place));
    const unclaimed = rows.filter((row) => !places.some((place) => isAt(place, row)));
    const retrying = places.filter((place) => workerOf(place)?.state === "backing-off");
    if (still[0])
      return bad(
        "stands still",
        `${namesOf(still)}: ${still[0].standsStill ?? workerOf(still[0])?.detail ?? "its actor has stopped"}. It tries again by itself.`,
      );
    if (unclaimed.length > 0)
      return bad(
        "not claimed",
        `${namesOf(unclaimed)}: no process has claimed it. Is one running that reads it?`,
      );
    if (idle.length > 0)
      return bad(
        "no actor",
        `${namesOf(idle)}: the process that has claimed it does not answer. Another takes it over within seconds where there is one.`,
      );
    if (retrying[0])
      return warn(
        "retries",
        `${namesOf(retrying)}: ${workerOf(retrying[0])?.detail ?? "a batch failed and is tried again"}.`,
      );
    const growing = places.filter(grows);
    if (growing.length > 0) return warn("backlog grows", `${namesOf(growing)}: more comes than is handled.`);
    if (places.length === 0) return { state: "empty", tone: "calm" };
    const behind = rows.reduce((sum, row) => sum + row.lag, 0);
    return behind > 0 ? { state: "catching up", tone: "busy" } : level;
  }
}

function readBy({ models, processes }: FlowShop): (projection: string) => boolean {
  const known = new Set([
    NOBODY_YET,
    ...models.map(({ name }) => name),
    ...processes.map((each) => each.projection),
  ]);
  return (projection) => known.has(projection);
}

function isStopped(worker: Worker | undefined): boolean {
  return worker?.state === "halted" || worker?.state === "fenced";
}

function isAt({ projection, partition }: Owned, row: Lag): boolean {
  return projection === row.name && partition === row.partition;
}

/** Names of places in one sentence. */
const NAMED_MAX = 3;

function namesOf(places: readonly { readonly topic: string; readonly partition: number }[]): string {
  const names = [...new Set(places.map(({ topic, partition }) => `${topic} ${partition}`))];
  const more = names.length - NAMED_MAX;
  return names.slice(0, NAMED_MAX).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

function rate(value: number): string {
  return value >= 10 ? count(Math.round(value)) : String(Math.round(value * 10) / 10);
}
