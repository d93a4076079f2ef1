// Which figures of the last hour stand together, on the overview and on a partition's page.
import { type Figure, type History, type PlaceName, SAMPLE_EVERY_MS } from "../history/history.ts";
import { AGE, Chart, PER_SECOND, RECORDS, TASKS } from "./chart.tsx";

/** Two samples that failed leave no gap that says more than they do. */
const JOINED_MS = SAMPLE_EVERY_MS * 2.5;

/** `withTasks`: where the shop has processes. */
export function SystemCharts({ history, withTasks }: { history: History; withTasks: boolean }) {
  const drawn = { times: history.times(), joinedMs: JOINED_MS };
  const line = (name: string, figure: Figure) => ({ name, values: history.values(figure) });
  return (
    <div class="charts">
      <Chart
        id="events"
        title="Events"
        unit={PER_SECOND}
        lines={[line("stored", "stored"), line("in rows", "applied")]}
        {...drawn}
      />
      <Chart
        id="accepting"
        title="Time to accept a command"
        unit={AGE}
        lines={[line("median", "acceptMedianMs"), line("99th percentile", "acceptP99Ms")]}
        {...drawn}
      />
      <Chart
        id="oldest"
        title="Age of the oldest that waits"
        unit={AGE}
        lines={[line("for its row", "delayMs"), line("in outbox", "outboxOldestMs")]}
        {...drawn}
      />
      <Chart id="lag-chart" title="Lag" unit={RECORDS} lines={[line("behind", "lag")]} {...drawn} />
      <Chart id="outbox-chart" title="Outbox" unit={RECORDS} lines={[line("wait", "outbox")]} {...drawn} />
      {withTasks && (
        <Chart
          id="tasks-chart"
          title="Tasks of processes"
          unit={TASKS}
          lines={[line("due", "tasksDue"), line("stuck", "tasksStuck")]}
          {...drawn}
        />
      )}
    </div>
  );
}

export function PlaceCharts({ history, place }: { history: History; place: PlaceName }) {
  const drawn = { times: history.times(), joinedMs: JOINED_MS };
  const id = place.projection.replaceAll(/[^a-z0-9]+/gi, "-");
  return (
    <div class="charts">
      <Chart
        id={`${id}-handled`}
        title="Records handled"
        unit={PER_SECOND}
        lines={[{ name: "handled", values: history.ofPlace(place, "applied") }]}
        {...drawn}
      />
      <Chart
        id={`${id}-lag`}
        title="Lag"
        unit={RECORDS}
        lines={[{ name: "behind", values: history.ofPlace(place, "lag") }]}
        {...drawn}
      />
      <Chart
        id={`${id}-delay`}
        title="Age of the oldest that waits"
        unit={AGE}
        lines={[{ name: "waits", values: history.ofPlace(place, "delayMs") }]}
        {...drawn}
      />
    </div>
  );
}
