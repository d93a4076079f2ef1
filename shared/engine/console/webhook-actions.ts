// What can be done with an endpoint from its page. What shows a secret is not among it: a page stays in a browser.
import type { Doer } from "@millrace/trail/doer";
import { changeEndpoint } from "@millrace/webhooks/endpoints";
import { type Retried, requestReplay, retryDelivery, sendTest } from "@millrace/webhooks/operate";
import { readReplay } from "@millrace/webhooks/wishes";
import { type Action, type Asked, saying } from "./action.ts";
import type { PageContext } from "./context.ts";
import { webhookHref } from "./parts/links.ts";
import type { Said } from "./said.ts";
import { askPostgres } from "./sources.ts";

const RETRIED = {
  "will be sent": "will-send",
  "is being sent": "being-sent",
  "is not there": "no-webhook",
} as const satisfies Record<Retried, Said>;

export function webhookActions({ sql }: PageContext): Action[] {
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
