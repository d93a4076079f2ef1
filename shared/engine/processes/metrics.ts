// What a program that runs processes shows beside its partitions: their tasks, read at each scrape, and their calls.
import { type Metrics, shareReads } from "@millrace/platform/metrics";
import type { Sql } from "@millrace/platform/postgres";
import type { Dispatcher } from "./dispatcher.ts";

export interface TaskCounts {
  readonly name: string;
  /** Tasks that are due, also those being worked on; not paused and stuck ones. */
  readonly due: number;
  /** Age, in ms, of the task that has been due longest; 0 where none is due. */
  readonly oldestDueMs: number;
  readonly stuck: number;
  readonly paused: number;
  /** When the whole process was paused, ISO 8601, UTC; null where it runs. */
  readonly pausedSince: string | null;
  readonly pauseReason: string | null;
}

/** Counts for each process, also for one without tasks. */
export async function countTasks(sql: Sql, names: readonly string[]): Promise<TaskCounts[]> {
  const rows = await sql<TaskCounts[]>`
    select name,
      (select count(*)::int from process_tasks
        where process = name and not paused and stuck_reason is null and due_at <= now()) as due,
      coalesce((select extract(epoch from now() - min(due_at)) * 1000 from process_tasks
        where process = name and not paused and stuck_reason is null and due_at <= now()), 0)::float8 as "oldestDueMs",
      (select count(*)::int from process_tasks where process = name and stuck_reason is not null) as stuck,
      (select count(*)::int from process_tasks where process = name and paused) as paused,
      to_char(paused_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "pausedSince", reason as "pauseReason"
    from unnest(${[...names]}::text[]) as name left join process_pauses on process_pauses.process = name`;
  return [...rows];
}

export interface MeasuredProcesses {
  readonly sql: Sql;
  readonly dispatchers: ReadonlyMap<string, Pick<Dispatcher, "status">>;
}

export function measureTasks(metrics: Metrics, { sql, dispatchers }: MeasuredProcesses): void {
  const counts = shareReads(() => countTasks(sql, [...dispatchers.keys()]));
  const labels = ["name"] as const;
  const counted = (metric: string, help: string, of: (counts: TaskCounts) => number) =>
    metrics.readings({ type: "gauge", name: `millrace_process_tasks_${metric}`, help, labels }, async () =>
      (await counts()).map((each) => ({ labels: { name: each.name }, value: of(each) })),
    );
  const held = (metric: string, help: string, of: (status: ReturnType<Dispatcher["status"]>) => number) =>
    metrics.readings({ type: "gauge", name: `millrace_process_tasks_${metric}`, help, labels }, () =>
      [...dispatchers].map(([name, { status }]) => ({ labels: { name }, value: of(status()) })),
    );
  counted("due", "Tasks that are due, those being worked on included, by process.", ({ due }) => due);
  counted(
    "oldest_due_age_seconds",
    "For how long the oldest of them has been due; 0 where there is none.",
    ({ oldestDueMs }) => oldestDueMs / 1_000,
  );
  counted("stuck", "Tasks that wait for a person, by process.", ({ stuck }) => stuck);
  metrics.readings(
    {
      type: "gauge",
      name: "millrace_process_paused",
      help: "1 where a person has paused the process as a whole.",
      labels,
    },
    async () =>
      (await counts()).map(({ name, pausedSince }) => ({
        labels: { name },
        value: pausedSince === null ? 0 : 1,
      })),
  );
  held("working", "Tasks that this program works on, by process.", ({ working }) => working);
  held("working_max", "The bound of millrace_process_tasks_working.", ({ keysMax }) => keysMax);
}
