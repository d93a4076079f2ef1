// The read models: what stands beside each, how far a rebuild is, and what can be done with it.
import { count, duration, type Pace, paceOf } from "@millrace/platform/quantities";
import type { Tone } from "@millrace/read-models/shown";
import { type ProjectionStatus, projectionStatus } from "@millrace/rebuild/manage";
import type { PageContext } from "../context.ts";
import { EACH_SECOND, type Page } from "../page.ts";
import { Action, Check } from "../parts/form.tsx";
import { LinkButton, Section } from "../parts/section.tsx";
import { Facts } from "../parts/table.tsx";
import { Ago, Chip, Num } from "../parts/words.tsx";
import type { Job } from "../rebuilds.ts";
import { askPostgres } from "../sources.ts";
import { Differences } from "./differences.tsx";

export function projectionsPage({ sql, models, rebuilds }: PageContext): Page {
  return {
    path: "/projections",
    section: "Projections",
    live: EACH_SECOND,
    async show({ formToken }) {
      const statuses = await askPostgres("reading read models", projectionStatus(sql, models));
      return {
        title: "Projections",
        about:
          "Each read model can be rebuilt from the event store, beside its live rows. Both are compared, one transaction switches, and the rows that were live before stand by as the way back.",
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
    <Section
      id={`projection-${projection}`}
      title={projection}
      chip={<Chip tone={tone}>{word}</Chip>}
      card
      key_={projection}
    >
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
    </Section>
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

/** By this process's own progress where it does the work, else by what the process that does has left in Postgres. */
function ProgressShown({ status: { projection, rebuild }, job }: Pick<ProjectionProps, "status" | "job">) {
  const id = `progress-${projection}`;
  const isHere = job && !job.ended && job.progress;
  if (isHere) return <Bar id={id} {...job.progress} {...paceOf(job.progress, job.since)} />;
  if (rebuild?.phase !== "loading") return null;
  const { loaded, events, startedAt } = rebuild;
  const progress = { phase: "loading", done: loaded, total: events, unit: "events" };
  const since = { done: loaded, milliseconds: Date.now() - Date.parse(startedAt) };
  return <Bar id={id} {...progress} {...paceOf(progress, since)} />;
}

interface BarProps extends Pick<Pace, "perSecond" | "leftMs"> {
  readonly id: string;
  readonly phase: string;
  readonly done: number;
  readonly total: number;
  readonly unit: string;
}

function Bar({ id, phase, done, total, unit, perSecond, leftMs }: BarProps) {
  const rate = perSecond > 0 ? `, ${count(perSecond)} a second` : "";
  const left = leftMs === undefined ? "" : `, ${duration(leftMs)} left`;
  return (
    <div class="progress">
      <label for={id}>{`${phase}: ${count(done)} of ${count(total)} ${unit}${rate}${left}`}</label>
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
          <Check name="accept" label="accept differences" />
        </Action>
        <LinkButton href={to("drop")} tone="danger">
          Drop the way back<span class="visually-hidden"> of {projection}</span>
        </LinkButton>
      </div>
    );
  }
  const isBuilt = rebuild?.phase === "following";
  return (
    <div class="actions">
      <Action {...base} action={to(isBuilt ? "switch" : "rebuild")} label={labelOf(rebuild)}>
        <Check name="accept" label="accept differences" />
        {!isBuilt && <Check name="stay" label="only build it; don't switch" />}
      </Action>
      {rebuild && (
        <LinkButton href={to("drop")} tone="danger">
          Give the rebuild up<span class="visually-hidden"> of {projection}</span>
        </LinkButton>
      )}
    </div>
  );
}

function labelOf(rebuild: ProjectionStatus["rebuild"]): string {
  if (!rebuild) return "Rebuild";
  return rebuild.phase === "following" ? "Switch to it" : "Go on with the rebuild";
}
