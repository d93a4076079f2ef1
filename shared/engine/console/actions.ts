// What can be changed from a page: each by a form that is sent by POST and followed by a redirect. `bun run ops` does all of
// it in the same way.
import { Failure } from "@millrace/platform/failure";
import { pauseTask, resumeTask, retryTask } from "@millrace/processes/operate";
import { pauseProcess, resumeProcess } from "@millrace/processes/pause";
import {
  findDeadLetter,
  requestDiscard,
  requestOutcome,
  requestRetry,
} from "@millrace/projector/dead-letter";
import type { ReadModel } from "@millrace/read-models/read-model";
import { type Action, type Asked, saying } from "./action.ts";
import type { PageContext } from "./context.ts";
import { keyActions } from "./key-actions.ts";
import { letterHref, taskHref } from "./parts/links.ts";
import type { Said } from "./said.ts";
import { askPostgres } from "./sources.ts";
import { webhookActions } from "./webhook-actions.ts";

/** Longest wait, in ms, for the partition's owner to carry it out: it looks once a second. */
const CARRIED_OUT_WITHIN_MS = 3_000;

export function actionsOf(context: PageContext): Action[] {
  return [
    {
      path: "/dead-letters/:id/retry",
      summary: "Retry a key",
      act: (asked) => onLetter(context, asked, "retry"),
    },
    {
      path: "/dead-letters/:id/discard",
      summary: "Discard a record",
      act: (asked) => onLetter(context, asked, "discard"),
    },
    ...taskActions(context),
    ...processActions(context),
    ...webhookActions(context),
    ...keyActions(context),
    ...projectionActions(context),
  ];
}

function taskActions({ sql }: PageContext): Action[] {
  const on = (what: string, summary: string, act: typeof retryTask, said: Said): Action => ({
    path: `/processes/:process/:key/${what}`,
    summary,
    async act({ parameters: { process = "", key = "" }, by }) {
      const isDone = await askPostgres(summary, act(sql, { process, key }, by));
      // A task that is looked at now may be done, and its page gone, a moment later.
      const where = isDone && said === "paused" ? taskHref({ process, key }) : "/processes";
      return saying(where, isDone ? said : "no-task");
    },
  });
  return [
    on("retry", "Look at a task now", retryTask, "due"),
    on("pause", "Pause a task", pauseTask, "paused"),
    on("resume", "Resume a task", resumeTask, "resumed"),
  ];
}

function processActions({ sql, processes }: PageContext): Action[] {
  return [
    {
      path: "/processes/:process/pause",
      summary: "Pause a process",
      async act({ parameters: { process = "" }, form, by }) {
        if (!processes.some(({ name }) => name === process)) return saying("/processes", "process-as-it-was");
        const reason = form.get("reason")?.trim();
        const isDone = await askPostgres("Pause a process", pauseProcess(sql, { process, reason }, by));
        return saying("/processes", isDone ? "process-paused" : "process-as-it-was");
      },
    },
    {
      path: "/processes/:process/resume",
      summary: "Resume a process",
      async act({ parameters: { process = "" }, by }) {
        const isDone = await askPostgres("Resume a process", resumeProcess(sql, process, by));
        return saying("/processes", isDone ? "resumed" : "process-as-it-was");
      },
    },
  ];
}

async function onLetter(
  { db }: PageContext,
  { parameters: { id: given }, by }: Asked,
  what: "retry" | "discard",
): Promise<string> {
  const id = /^\d{1,15}$/.test(given ?? "") ? Number(given) : 0;
  const letter = await askPostgres("looking for a parked record", findDeadLetter(db, id));
  if (!letter) return saying("/dead-letters", "gone");
  const request = what === "retry" ? requestRetry : requestDiscard;
  await askPostgres("asking for it", request(db, id, by));
  const outcome = await askPostgres("waiting for it", requestOutcome(db, id, CARRIED_OUT_WITHIN_MS));
  switch (outcome.is) {
    case "carried out":
      return saying("/dead-letters", what === "retry" ? "retried" : "discarded");
    case "failed again":
      return saying(letterHref(id), "failed-again");
    case "waiting":
      return saying(letterHref(id), "asked");
  }
}

function projectionActions({ rebuilds, models }: PageContext): Action[] {
  const on = (what: string, summary: string, begin: (model: ReadModel, asked: Asked) => boolean): Action => ({
    path: `/projections/:projection/${what}`,
    summary,
    act: (asked) =>
      saying("/projections", begin(modelOf(models, asked.parameters.projection), asked) ? "begun" : "busy"),
  });
  const accepts = ({ form, by }: Asked) => ({ by, acceptDifferences: form.get("accept") === "yes" });
  return [
    on("rebuild", "Rebuild a read model", (model, asked) =>
      rebuilds.rebuild(model, { ...accepts(asked), switch: asked.form.get("stay") !== "yes" }),
    ),
    on("switch", "Switch to what was built", (model, asked) =>
      rebuilds.rebuild(model, { ...accepts(asked), switch: true }),
    ),
    on("back", "Go back to what was live before", (model, asked) => rebuilds.back(model, accepts(asked))),
    on("drop", "Drop what stands beside", (model, { by }) => rebuilds.drop(model, by)),
  ];
}

/** @throws Failure `projection_not_found` */
function modelOf(models: readonly ReadModel[], name: string | undefined): ReadModel {
  const model = models.find((each) => each.name === name);
  if (!model) throw new Failure("projection_not_found", `There is no read model ${name}`, false);
  return model;
}
