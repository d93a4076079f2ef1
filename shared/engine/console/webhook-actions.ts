// What can be done with an endpoint from its page. What shows a secret is not among it: a page stays in a browser.
import { changeEndpoint } from "@millrace/webhooks/endpoints";
import { requestReplay, retryDelivery, sendTest } from "@millrace/webhooks/operate";
import { readReplay } from "@millrace/webhooks/wishes";
import { type Action, saying } from "./action.ts";
import type { PageContext } from "./context.ts";
import { webhookHref } from "./parts/links.ts";
import type { Said } from "./said.ts";
import { askPostgres } from "./sources.ts";

/** As events and the log name who pressed a button here. */
const BY = "console";

export function webhookActions({ sql }: PageContext): Action[] {
  const on = (
    what: string,
    summary: string,
    act: (id: string, form: URLSearchParams, parameters: Record<string, string>) => Promise<Said>,
  ): Action => ({
    path: `/webhooks/:id/${what}`,
    summary,
    async act({ parameters, form }) {
      const { id = "" } = parameters;
      const said = await askPostgres(summary, act(id, form, parameters));
      return saying(said === "no-webhook" ? "/webhooks" : webhookHref(id), said);
    },
  });
  const switched = async (id: string, enabled: boolean): Promise<Said> => {
    if (!(await changeEndpoint(sql, id, { enabled }))) return "no-webhook";
    return enabled ? "enabled" : "disabled";
  };
  return [
    on("enable", "Enable an endpoint", (id) => switched(id, true)),
    on("disable", "Disable an endpoint", (id) => switched(id, false)),
    on("test", "Send a test", async (id) => ((await sendTest(sql, id)) ? "will-send" : "no-webhook")),
    on("replay", "Send events once more", async (id, form) => {
      const range = readReplay({ since: form.get("since")?.trim() ?? "" });
      if (!range.ok) return "no-time";
      return (await requestReplay(sql, { ...range.value, endpoint: id, by: BY }))
        ? "will-replay"
        : "no-webhook";
    }),
    on("deliveries/:delivery/retry", "Send one again", async (id, _form, { delivery = "" }) =>
      (await retryDelivery(sql, id, delivery)) ? "will-send" : "no-webhook",
    ),
  ];
}
