// The last steps of the flow: partitions, and the read models and processes that read them.
import { count } from "@millrace/platform/quantities";
import { NOBODY_YET } from "@millrace/projector/lag";
import type { Owned } from "@millrace/projector/owners";
import { tasksHref } from "../parts/links.ts";
import { workerOf, workersOf } from "../workers.ts";
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

export function partitionsStep(name: string, { models, processes }: FlowShop, seen: FlowSeen): Step {
  const { owned, lag, health, grows } = seen;
  const step = stepOf({ key: `partitions ${name}`, title: `Partitions of ${name}`, href: "/partitions" });
  if (!owned.ok) return step("–", unknown("Postgres does not answer which processes read them."));
  // Nobody has to move the checkpoints of copies, and of read models that the shop had once.
  const readers = new Set([
    NOBODY_YET,
    ...models.map((each) => each.name),
    ...processes.map((each) => each.projection),
  ]);
  const workers = workersOf(health);
  const places = owned.value
    .filter(({ topic, projection }) => topic === name && readers.has(projection))
    .map((place) => ({ ...place, worker: workers.get(workerOf(place)) }));
  const rows = lag.ok
    ? lag.value.filter((row) => row.topic === name && row.decides && readers.has(row.name))
    : [];
  const claimed = new Set(places.map(({ partition }) => partition)).size;
  const figure = claimed === 0 ? "none claimed" : `${count(claimed)} claimed`;

  const still = places.filter(
    ({ standsStill, worker }) => standsStill !== null || STOPPED.has(worker?.state ?? ""),
  );
  if (still[0]) {
    const cause = still[0].standsStill ?? still[0].worker?.detail ?? "its actor has stopped";
    return step(figure, bad("stands still", `${namesOf(still)}: ${cause}. It tries again by itself.`));
  }
  const unclaimed = rows.filter((row) => !places.some((place) => isAt(place, row)));
  if (unclaimed.length > 0) {
    const why = `${namesOf(unclaimed)}: no process has claimed it. Is one running that reads it?`;
    return step(figure, bad("not claimed", why));
  }
  const idle = places.filter(({ worker }) => !worker);
  if (idle.length > 0) {
    const why = `${namesOf(idle)}: the process that has claimed it does not answer. If another one runs, it takes the partition over within seconds.`;
    return step(figure, bad("no actor", why));
  }
  const retrying = places.filter(({ worker }) => worker?.state === "backing-off");
  if (retrying[0]) {
    const cause = retrying[0].worker?.detail ?? "a batch failed and is tried again";
    return step(figure, warn("retries", `${namesOf(retrying)}: ${cause}.`));
  }
  const growing = places.filter(grows);
  if (growing.length > 0)
    return step(figure, warn("backlog grows", `${namesOf(growing)}: more records come than are handled.`));
  if (places.length === 0) return step(figure, { state: "empty", tone: "calm" });
  return step(figure, rows.some((row) => row.lag > 0) ? busy("catching up") : level);
}

const STOPPED: ReadonlySet<string> = new Set(["halted", "fenced"]);

function isAt({ projection, partition }: Owned, row: { name: string; partition: number }): boolean {
  return projection === row.name && partition === row.partition;
}

/** Most partitions that one sentence names. */
const NAMED_MAX = 3;

function namesOf(places: readonly { readonly topic: string; readonly partition: number }[]): string {
  const names = [...new Set(places.map(({ topic, partition }) => `${topic} ${partition}`))];
  const more = names.length - NAMED_MAX;
  return names.slice(0, NAMED_MAX).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

export function readerStep({ name, topics }: FlowShop["models"][number], seen: FlowSeen): Step {
  return reading({ key: `reader ${name}`, title: `Rows of ${name}`, href: `/${name}`, topics }, name, seen);
}

function reading(of: Parameters<typeof stepOf>[0], projection: string, { owned, lag }: FlowSeen): Step {
  const step = stepOf(of);
  const rows = lag.ok ? lag.value.filter((row) => row.name === projection) : [];
  const behind = rows.reduce((sum, row) => sum + row.lag, 0);
  const figure = lag.ok ? (behind === 0 ? "nothing waits" : `${count(behind)} behind`) : "–";
  if (!owned.ok) return step(figure, unknown("Postgres does not answer how far it is."));
  const places = owned.value.filter((place) => place.projection === projection);
  const parked = places.reduce((sum, { parkedKeys }) => sum + parkedKeys, 0);
  const waiting = places.reduce((sum, { waitingKeys }) => sum + waitingKeys, 0);
  const keys = (number: number) => (number === 1 ? "1 key" : `${count(number)} keys`);
  if (parked > waiting) {
    const why =
      "Records of these keys failed, and later ones wait behind them: see Dead letters. All other keys go on.";
    return step(figure, bad(`${keys(parked - waiting)} parked`, why));
  }
  if (waiting > 0) {
    const why = "Only newer code can read the records of these keys: deploy it. All other keys go on.";
    return step(figure, warn(`${keys(waiting)} wait`, why));
  }
  if (!lag.ok) return step(figure, unknown("Kafka does not answer how far behind it is."));
  return step(figure, behind > 0 ? busy("catching up") : level);
}

export function processStep(process: FlowShop["processes"][number], seen: FlowSeen): Step {
  const { name, projection, topics } = process;
  const of = { key: `reader ${projection}`, title: `Process ${name}`, href: tasksHref(name), topics };
  const read = reading(of, projection, seen);
  const tasks = seen.tasks.ok ? seen.tasks.value.find((each) => each.name === name) : undefined;
  if (!tasks)
    return read.tone === "bad"
      ? read
      : { ...read, ...unknown("Postgres does not answer what the process has to do.") };
  const step = stepOf(of);
  const figure = tasks.due === 0 ? "nothing due" : `${count(tasks.due)} due`;
  if (tasks.pausedSince !== null) {
    const reason = tasks.pauseReason ? `: ${tasks.pauseReason}` : "";
    const why = `A person has paused it since ${tasks.pausedSince}${reason}. Its tasks wait until a person resumes it, on the page Processes.`;
    return step(figure, warn("paused", why));
  }
  if (tasks.stuck > 0) {
    const why = "These tasks wait for a person, who retries them on the page Processes.";
    return step(figure, bad(`${count(tasks.stuck)} stuck`, why));
  }
  if (read.tone !== "good") return { ...read, figure };
  return step(figure, tasks.due > 0 ? busy("at work") : good("level"));
}
