// The charts of the last hour on the overview and on a partition's page.
import {
  type Figure,
  type History,
  type PlaceFigure,
  type PlaceName,
  SAMPLE_EVERY_MS,
} from "../history/history.ts";
import { AGE, Chart, type ChartProps, PER_SECOND, RECORDS, TASKS } from "./chart.tsx";
import { idOf } from "./section.tsx";

/** In ms. A line goes on over one sample that is missing, and is broken over two. */
const JOINED_MS = SAMPLE_EVERY_MS * 2.5;

type Drawn = Omit<ChartProps, "times" | "joinedMs">;

/** `withTasks`: where the shop has processes. */
export function SystemCharts({ history, withTasks }: { history: History; withTasks: boolean }) {
  const line = (name: string, figure: Figure) => ({ name, values: history.values(figure) });
  const tasks: Drawn = {
    ...{ id: "tasks-chart", title: "Tasks of processes", unit: TASKS },
    lines: [line("due", "tasksDue"), line("stuck", "tasksStuck")],
  };
  const charts: readonly Drawn[] = [
    {
      ...{ id: "events", title: "Events", unit: PER_SECOND },
      lines: [line("stored", "stored"), line("in rows", "applied")],
    },
    {
      ...{ id: "accepting", title: "Time to accept a command", unit: AGE },
      lines: [line("median", "acceptMedianMs"), line("99th percentile", "acceptP99Ms")],
    },
    {
      ...{ id: "oldest", title: "Age of the oldest that waits", unit: AGE },
      lines: [line("for its row", "delayMs"), line("in outbox", "outboxOldestMs")],
    },
    { id: "lag-chart", title: "Lag", unit: RECORDS, lines: [line("behind", "lag")] },
    { id: "outbox-chart", title: "Outbox", unit: RECORDS, lines: [line("wait", "outbox")] },
    ...(withTasks ? [tasks] : []),
  ];
  return <Charts history={history} charts={charts} />;
}

export function PlaceCharts({ history, place }: { history: History; place: PlaceName }) {
  const id = idOf(place.projection);
  const line = (name: string, figure: PlaceFigure) => ({ name, values: history.ofPlace(place, figure) });
  const charts: readonly Drawn[] = [
    { id: `${id}-handled`, title: "Records handled", unit: PER_SECOND, lines: [line("handled", "applied")] },
    { id: `${id}-lag`, title: "Lag", unit: RECORDS, lines: [line("behind", "lag")] },
    {
      id: `${id}-delay`,
      title: "Age of the oldest that waits",
      unit: AGE,
      lines: [line("waits", "delayMs")],
    },
  ];
  return <Charts history={history} charts={charts} />;
}

function Charts({ history, charts }: { history: History; charts: readonly Drawn[] }) {
  const times = history.times();
  return (
    <div class="charts">
      {charts.map((chart) => (
        <Chart {...chart} times={times} joinedMs={JOINED_MS} />
      ))}
    </div>
  );
}
