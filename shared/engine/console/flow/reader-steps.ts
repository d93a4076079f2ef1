// The last steps of the flow: read models and processes, with what has come to them and what waits before them.
import { count } from "@millrace/platform/quantities";
import { bad, type FlowSeen, type FlowShop, level, type Step, unknown, warn } from "./step.ts";

interface Named {
  readonly name: string;
  readonly projection: string;
  readonly href: string;
}

export function readerStep({ name, projection, href }: Named, { owned, lag }: FlowSeen): Step {
  const base = { key: `reader ${projection}`, title: name, href };
  const places = owned.ok ? owned.value.filter((place) => place.projection === projection) : [];
  const parked = places.reduce((sum, { parkedKeys }) => sum + parkedKeys, 0);
  const waiting = places.reduce((sum, { waitingKeys }) => sum + waitingKeys, 0);
  const behind = lag.ok
    ? lag.value.filter((row) => row.name === projection).reduce((sum, row) => sum + row.lag, 0)
    : undefined;
  const figure = behind === undefined ? "–" : behind === 0 ? "nothing waits" : `${count(behind)} behind`;
  const of = (keys: number) => (keys === 1 ? "1 key" : `${count(keys)} keys`);
  if (!owned.ok) return { ...base, figure, ...unknown("Postgres does not say what has come to it.") };
  if (parked > waiting)
    return {
      ...base,
      figure,
      ...bad(
        `${of(parked - waiting)} parked`,
        "Their records failed, and later ones of the same keys wait behind them: see Dead letters. All others go on.",
      ),
    };
  if (waiting > 0)
    return {
      ...base,
      figure,
      ...warn(`${of(waiting)} wait`, "Only newer code can read their records. All others go on."),
    };
  if (behind === undefined)
    return { ...base, figure, ...unknown("Kafka does not say how far behind it is.") };
  return { ...base, figure, ...(behind > 0 ? ({ state: "catching up", tone: "busy" } as const) : level) };
}

export function processStep({ name, projection }: FlowShop["processes"][number], seen: FlowSeen): Step {
  const href = `/processes?${new URLSearchParams({ process: name })}`;
  const read = readerStep({ name, projection, href }, seen);
  const { tasks } = seen;
  const of = tasks.ok ? tasks.value.find((each) => each.name === name) : undefined;
  if (!of)
    return read.tone === "bad" ? read : { ...read, ...unknown("Postgres does not say what it has to do.") };
  const base = { ...read, figure: of.due === 0 ? "nothing due" : `${count(of.due)} due` };
  if (of.pausedSince !== null)
    return {
      ...base,
      ...warn(
        "paused",
        `A person has paused it since ${of.pausedSince}${of.pauseReason ? `: ${of.pauseReason}` : ""}. None of its tasks is taken up before it is resumed.`,
      ),
    };
  if (of.stuck > 0)
    return {
      ...base,
      ...bad(`${count(of.stuck)} stuck`, "They wait for a person, who retries them on the page Processes."),
    };
  if (read.tone !== "good") return base;
  return { ...base, state: of.due > 0 ? "at work" : "level", tone: of.due > 0 ? "busy" : "good" };
}
