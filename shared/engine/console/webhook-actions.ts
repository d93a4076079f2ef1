// What can be done with endpoints from their pages, as the API and `bun run ops webhooks` do it.
import { commaSeparated } from "@millrace/platform/comma-separated";
import type { Doer } from "@millrace/trail/doer";
import { addEndpoint, changeEndpoint, findEndpoint, isEndpointId } from "@millrace/webhooks/endpoints";
import { type Retried, requestReplay, retryDelivery, sendTest } from "@millrace/webhooks/operate";
import { readAdd, readReplay } from "@millrace/webhooks/wishes";
import { type Action, type Asked, saying } from "./action.ts";
import type { PageContext } from "./context.ts";
import type { Shown } from "./page.ts";
import { addedEndpoint, notAdded } from "./pages/new-webhook.tsx";
import { webhookHref } from "./parts/links.ts";
import type { Said } from "./said.ts";
import { askPostgres } from "./sources.ts";

const RETRIED = {
  "will be sent": "will-send",
  "is being sent": "being-sent",
  "is not there": "no-webhook",
} as const satisfies Record<Retried, Said>;

export function webhookActions({ sql, webhooks }: PageContext): Action[] {
  const on = (what: string, summary: string, act: (id: string, asked: Asked) => Promise<Said>): Action => ({
    path: `/webhooks/:id/${what}`,
    summary,
    async act(asked) {
      const { id = "" } = asked.parameters;
      const said = await askPostgres(summary, act(id, asked));
      return saying(said === "no-webhook" ? "/webhooks" : webhookHref(id), said);
    },
  });
  const switched = async (id: string, enabled: boolean, by: Doer): Promise<Said> => {
    if (!(await changeEndpoint(sql, { id, enabled, by }))) return "no-webhook";
    return enabled ? "enabled" : "disabled";
  };
  return [
    {
      path: "/webhooks",
      section: "Webhooks",
      summary: "Add an endpoint",
      act: (asked) => add({ sql, webhooks }, asked),
    },
    on("enable", "Enable an endpoint", (id, { by }) => switched(id, true, by)),
    on("disable", "Disable an endpoint", (id, { by }) => switched(id, false, by)),
    on("test", "Send a test", async (id) => ((await sendTest(sql, id)) ? "will-send" : "no-webhook")),
    on("replay", "Send events once more", async (id, { form, by }) => {
      const range = readReplay({ since: form.get("since")?.trim() ?? "" });
      if (!range.ok) return "no-time";
      return (await requestReplay(sql, { ...range.value, endpoint: id, by })) ? "will-replay" : "no-webhook";
    }),
    on(
      "deliveries/:delivery/retry",
      "Send one again",
      async (endpoint, { parameters, by }) =>
        RETRIED[await retryDelivery(sql, { endpoint, id: parameters.delivery ?? "", by })],
    ),
  ];
}

async function add(
  { sql, webhooks: { sealer, internal } }: Pick<PageContext, "sql" | "webhooks">,
  { form, by }: Asked,
): Promise<Shown> {
  const said = (name: string) => form.get(name)?.trim() ?? "";
  const read = readAdd(
    {
      url: said("url"),
      events: commaSeparated(said("events")),
      payload: said("payload"),
      ordered: said("ordered") === "yes",
      description: said("description") || null,
    },
    internal,
  );
  if (!read.ok) return notAdded(read.issues.map(({ pointer, message }) => `${pointer.slice(1)}: ${message}`));
  if (!sealer) return notAdded(["MILLRACE_WEBHOOK_KEYS is not set for the console."]);
  const id = isEndpointId(said("id")) ? said("id") : undefined;
  const adding = addEndpoint(sql, sealer, { ...read.value, id, by });
  const added = await askPostgres("Add an endpoint", adding);
  if (added) return addedEndpoint({ ...added, url: read.value.url });
  const isThere = id !== undefined && (await askPostgres("Add an endpoint", findEndpoint(sql, id)));
  return notAdded([isThere ? `Endpoint ${id} is there already.` : "There are as many as there may be."]);
}
