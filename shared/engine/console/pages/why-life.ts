// What a timeline shows: the events of a row's stream and of the streams beside it, the row, and tasks of processes.
import { type StoredEvent, streamName } from "@millrace/events/envelope";
import { findTask, type ProcessTask } from "@millrace/processes/operate";
import type { Step, Why } from "@millrace/read-models/why";
import { lastVersion, readStream } from "@millrace/store/browse";
import type { PageContext } from "../context.ts";
import { type Life, type Lived, lifeOf, type Outcome } from "../life/life.ts";
import { correlationHref, eventHref, taskHref } from "../parts/links.ts";
import { askPostgres } from "../sources.ts";
import { whyOf } from "./processes.tsx";

/** Most events that are read of each stream beside the row's own: its newest. */
const BESIDE_MAX = 20;

interface LifeQuestion {
  readonly id: string;
  readonly stream: string;
  readonly category: string;
  readonly why: Why;
}

/** @throws Failure `postgres_unavailable` */
export async function readLife(
  context: PageContext,
  { id, stream, category, why }: LifeQuestion,
): Promise<Life> {
  const { sql, related } = context;
  const processes = context.processes.filter((process) => process.streamsOf(id).includes(stream));
  const beside = new Set([
    ...(related[category] ?? []).map((other) => streamName(other, id)),
    ...processes.flatMap((process) => process.streamsOf(id)),
  ]);
  beside.delete(stream);
  const [others, tasks] = await askPostgres(
    "reading its life",
    Promise.all([
      Promise.all([...beside].map((other) => newestOf(context, other))),
      Promise.all(processes.map(({ name }) => findTask(sql, name, id))),
    ]),
  );
  const since = why.steps[0]?.at ?? "";
  return lifeOf({
    stream,
    events: [
      ...why.steps.map((step) => ofStep(stream, step)),
      ...others
        .flat()
        .filter(({ at }) => since <= at || why.steps[0]?.version === 1)
        .map(ofEvent),
    ],
    outcomes: [rowOf(why), ...tasks.flatMap((task) => (task ? [taskOf(task)] : []))],
    requestHref: correlationHref,
  });
}

async function newestOf({ sql }: PageContext, stream: string): Promise<readonly StoredEvent[]> {
  const last = (await lastVersion(sql, stream)) ?? 0;
  if (last === 0) return [];
  return (await readStream(sql, stream, { after: Math.max(0, last - BESIDE_MAX), limit: BESIDE_MAX })).events;
}

function ofStep(stream: string, { event, command, record, version, ...step }: Step): Lived {
  const place = record && `${record.topic} ${record.partition}/${record.offset}`;
  return {
    ...step,
    ...{ stream, version, type: event },
    said: [command, place].filter((each) => each !== undefined),
    href: eventHref({ stream, version }),
  };
}

function ofEvent({ stream, version, type, at, metadata }: StoredEvent): Lived {
  const { actor, correlationId, causationId } = metadata;
  return {
    ...{ stream, version, type, at, actor, request: correlationId, cause: causationId },
    said: [stream, `by ${actor}`],
    href: eventHref({ stream, version }),
  };
}

function rowOf({ row }: Why): Outcome {
  if (!row) return { kind: "row", title: "No row yet", said: [], href: "#now" };
  const level = row.behind === 0 ? "level with its events" : `${row.behind} events behind`;
  const said = [level, ...(row.deleted ? ["deleted"] : [])];
  return { kind: "row", title: `Row at version ${row.version}`, said, href: "#document" };
}

function taskOf(task: ProcessTask): Outcome {
  const said = [task.state, whyOf(task)].filter((each) => each !== undefined);
  return { kind: "task", title: `Task of ${task.process}`, said, href: taskHref(task) };
}
