// The read models: what stands beside each, how far a rebuild has come, and what can be done about it.
import { count, duration, paceOf } from "@millrace/platform/quantities";
import type { Tone } from "@millrace/read-models/shown";
import { type ProjectionStatus, projectionStatus } from "@millrace/rebuild/manage";
import type { PageContext } from "../context.ts";
import type { Page } from "../page.ts";
import { Action } from "../parts/form.tsx";
import { Facts } from "../parts/table.tsx";
import { Ago, Chip, Num } from "../parts/words.tsx";
import type { Job } from "../rebuilds.ts";
import { saidIn } from "../said.ts";
import { askPostgres } from "../sources.ts";
import { Differences } from "./differences.tsx";

const EVERY_MS = 1_000;

export function projectionsPage({ sql, models, rebuilds }: PageContext): Page {
  return {
    path: "/projections",
    section: "Projections",
    live: { everyMs: EVERY_MS },
    async show({ url, formToken }) {
      const statuses = await askPostgres("reading read models", projectionStatus(sql, models));
      const said = saidIn(url);
      return {
        title: "Projections",
        about:
          "Each read model can be made again from the event store, beside the live rows. The two are compared; one transaction switches, and what was live before stands by as the way back.",
        ...(said ? { controls: <p class={`notice ${said.tone}`}>{said.text}</p> } : {}),
        body: (
          <>
            {statuses.map((status) => {
              const model = models.find(({ name }) => name === status.projection);
              return <Projection status={status} job={model && rebuilds.job(model)} formToken={formToken} />;
            })}
          </>
        ),
      };
    },
  };
}

interface ProjectionProps {
  readonly status: ProjectionStatus;
  readonly job: Job | undefined;
  readonly formToken: string | undefined;
}

function Projection({ status, job, formToken }: ProjectionProps) {
  const { projection, rows, copies, rebuild } = status;
  const isRunning = job !== undefined && !job.ended;
  const { tone, word } = stateOf(status, isRunning);
  return (
    <section class="card" aria-labelledby={`projection-${projection}`} data-key={projection}>
      <h2 id={`projection-${projection}`}>
        {projection} <Chip tone={tone}>{word}</Chip>
      </h2>
      <Facts
        facts={[
          ["Rows, about", rows > 0 ? <Num value={rows} /> : "not counted yet"],
          [
            "Beside it",
            copies.length === 0 ? "nothing" : copies.map((copy) => `${projection}@${copy}`).join(", "),
          ],
          rebuild ? ["Rebuild begun", <Ago at={rebuild.startedAt} />] : undefined,
          rebuild ? ["In this phase since", <Ago at={rebuild.changedAt} />] : undefined,
        ]}
      />
      <ProgressShown status={status} job={job} />
      {job?.ended?.is === "failed" && (
        <p class="notice bad">
          The last {job.what} failed: {job.ended.cause}
        </p>
      )}
      {rebuild?.comparison && <Differences comparison={rebuild.comparison} />}
      {!isRunning && formToken && <Actions status={status} formToken={formToken} />}
    </section>
  );
}

function stateOf({ rebuild, copies }: ProjectionStatus, isRunning: boolean): { tone: Tone; word: string } {
  if (isRunning) return { tone: "busy", word: "at work" };
  if (!rebuild) return { tone: "good", word: "live" };
  switch (rebuild.phase) {
    case "loading":
    case "indexing":
      return { tone: "busy", word: rebuild.phase };
    case "following": {
      const differs = (rebuild.comparison?.differences.length ?? 0) > 0;
      return differs ? { tone: "warn", word: "built, and differs" } : { tone: "busy", word: "built beside" };
    }
    case "switched":
      return { tone: "good", word: copies.includes("previous") ? "live, with a way back" : "live" };
  }
}

/** By this process's own progress where it does the work, else by what the one that does has left in Postgres. */
function ProgressShown({ status: { projection, rebuild }, job }: Pick<ProjectionProps, "status" | "job">) {
  const id = `progress-${projection}`;
  if (job && !job.ended && job.progress) {
    const { phase, done, total, unit } = job.progress;
    const { perSecond, leftMs } = paceOf(job.progress, job.since);
    const rate = perSecond > 0 ? `, ${count(perSecond)} a second` : "";
    const left = leftMs === undefined ? "" : `, ${duration(leftMs)} left`;
    return (
      <Bar
        id={id}
        done={done}
        total={total}
        text={`${phase}: ${count(done)} of ${count(total)} ${unit}${rate}${left}`}
      />
    );
  }
  if (rebuild?.phase !== "loading") return null;
  const { loaded, events, startedAt } = rebuild;
  const since = { done: loaded, milliseconds: Date.now() - Date.parse(startedAt) };
  const { perSecond, leftMs } = paceOf({ done: loaded, total: events }, since);
  const left = leftMs === undefined ? "" : `, ${duration(leftMs)} left`;
  return (
    <Bar
      id={id}
      done={loaded}
      total={events}
      text={`loading: ${count(loaded)} of ${count(events)} events, ${count(perSecond)} a second on average${left}`}
    />
  );
}

function Bar({ id, done, total, text }: { id: string; done: number; total: number; text: string }) {
  return (
    <div class="progress">
      <label for={id}>{text}</label>
      <progress id={id} max={Math.max(1, total)} value={total === 0 ? 1 : done} />
    </div>
  );
}

function Actions({ status, formToken }: { status: ProjectionStatus; formToken: string }) {
  const { projection, rebuild, copies } = status;
  const to = (what: string) => `/projections/${projection}/${what}`;
  const base = { formToken, about: projection };
  if (rebuild?.phase === "switched" || copies.includes("previous")) {
    return (
      <div class="actions">
        <Action {...base} action={to("back")} label="Go back to what was live before">
          <Accept projection={projection} what="back" />
        </Action>
        <a class="button danger" href={to("drop")}>
          Drop the way back<span class="visually-hidden"> of {projection}</span>
        </a>
      </div>
    );
  }
  const isBuilt = rebuild?.phase === "following";
  return (
    <div class="actions">
      <Action {...base} action={to(isBuilt ? "switch" : "rebuild")} label={labelOf(rebuild)}>
        <Accept projection={projection} what="rebuild" />
        {!isBuilt && (
          <label class="check">
            <input type="checkbox" name="stay" value="yes" /> only build it; don't switch
          </label>
        )}
      </Action>
      {rebuild && (
        <a class="button danger" href={to("drop")}>
          Give the rebuild up<span class="visually-hidden"> of {projection}</span>
        </a>
      )}
    </div>
  );
}

function labelOf(rebuild: ProjectionStatus["rebuild"]): string {
  if (!rebuild) return "Rebuild";
  return rebuild.phase === "following" ? "Switch to it" : "Go on with the rebuild";
}

function Accept({ projection, what }: { projection: string; what: string }) {
  return (
    <label class="check">
      <input type="checkbox" name="accept" value="yes" data-key={`${projection}-${what}`} /> accept
      differences
    </label>
  );
}
