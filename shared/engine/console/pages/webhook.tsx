// One endpoint: how it does, what it was sent lately, and what can be done.
import { Failure } from "@millrace/platform/failure";
import { type Endpoint, findEndpoint } from "@millrace/webhooks/endpoints";
import { type DeliveryState, type LoggedDelivery, listDeliveries } from "@millrace/webhooks/operate";
import type { PageContext } from "../context.ts";
import type { Page } from "../page.ts";
import { Action, Field } from "../parts/form.tsx";
import { streamHref, webhookHref } from "../parts/links.ts";
import { Facts, Table } from "../parts/table.tsx";
import { Ago, Chip, Id, Num, Time } from "../parts/words.tsx";
import { saidIn } from "../said.ts";
import { askPostgres } from "../sources.ts";
import { EndpointChip, whyOf } from "./webhooks.tsx";

const EVERY_MS = 2_000;
const SHOWN_MAX = 50;

export function webhookPage({ sql }: PageContext): Page {
  return {
    path: "/webhooks/:id",
    section: "Webhooks",
    live: { everyMs: EVERY_MS },
    async show({ parameters: { id = "" }, url, formToken }) {
      const [endpoint, log] = await Promise.all([
        askPostgres("looking for a webhook", findEndpoint(sql, id)),
        askPostgres("reading its log", listDeliveries(sql, { endpoint: id, limit: SHOWN_MAX })),
      ]);
      if (!endpoint) throw new Failure("webhook_not_found", `There is no endpoint ${id}`, false);
      const said = saidIn(url);
      return {
        title: endpoint.url,
        controls: (
          <>
            {said && <p class={`notice ${said.tone}`}>{said.text}</p>}
            <Acts endpoint={endpoint} formToken={formToken} />
          </>
        ),
        body: (
          <>
            <EndpointFacts endpoint={endpoint} />
            <section aria-labelledby="log">
              <h2 id="log">Lately</h2>
              <LogTable endpoint={id} log={log} formToken={formToken} />
            </section>
          </>
        ),
      };
    },
  };
}

function Acts({
  endpoint: { id, enabled },
  formToken,
}: {
  endpoint: Endpoint;
  formToken: string | undefined;
}) {
  const on = webhookHref(id);
  const [act, label] = enabled ? ["disable", "Disable it"] : ["enable", "Enable it"];
  return (
    <div class="actions">
      <Action action={`${on}/test`} formToken={formToken} label="Send a test" />
      <Action action={`${on}/${act}`} formToken={formToken} label={label} />
      <Action action={`${on}/replay`} formToken={formToken} label="Send once more">
        <Field name="since" label="Events since" hint="2026-01-31T09:00:00Z" />
      </Action>
    </div>
  );
}

function EndpointFacts({ endpoint }: { endpoint: Endpoint }) {
  const { id, events, payload, ordered, description, failingSince, slowedUntil, pending } = endpoint;
  return (
    <div class="card">
      <Facts
        facts={[
          ["Id", <Id value={id} />],
          description === null ? undefined : ["Whose", description],
          ["State", <EndpointChip endpoint={endpoint} />],
          ["Why", <span class="long">{whyOf(endpoint) ?? "–"}</span>],
          failingSince === null ? undefined : ["Failing", <Ago at={failingSince} />],
          slowedUntil === null ? undefined : ["Slowed until", <Time at={slowedUntil} />],
          ["Events", events.join(", ")],
          ["Sent", `${payload}${ordered ? ", those of one stream in order" : ""}`],
          ["To send", <Num value={pending} />],
          ["Added", <Time at={endpoint.createdAt} />],
          ["By", endpoint.createdBy],
        ]}
      />
    </div>
  );
}

const TONES: Record<DeliveryState, "busy" | "good" | "bad"> = {
  pending: "busy",
  delivered: "good",
  failed: "bad",
};

interface LogProps {
  readonly endpoint: string;
  readonly log: readonly LoggedDelivery[];
  readonly formToken: string | undefined;
}

function LogTable({ endpoint, log, formToken }: LogProps) {
  return (
    <Table
      caption="What it was sent, the newest first"
      captionHidden
      rows={log}
      keyOf={({ id }) => id}
      columns={[
        { title: "Event", head: true, value: ({ event }) => event },
        {
          title: "Of",
          value: ({ stream, version }) =>
            stream === null ? (
              "–"
            ) : (
              <Id value={`${stream}@${version}`} href={`${streamHref(stream)}#v${version}`} />
            ),
        },
        { title: "State", value: ({ state }) => <Chip tone={TONES[state]}>{state}</Chip> },
        { title: "Tries", right: true, value: ({ attempts }) => <Num value={attempts} /> },
        { title: "Last", value: ({ triedAt }) => (triedAt === null ? "–" : <Time at={triedAt} />) },
        { title: "Next", value: ({ dueAt }) => (dueAt === null ? "–" : <Time at={dueAt} />) },
        {
          title: "Why",
          long: true,
          value: ({ failure, answer }) => [failure, answer].filter((each) => each !== null).join(": ") || "–",
        },
        {
          title: "",
          value: ({ id }) => (
            <Action
              action={`${webhookHref(endpoint)}/deliveries/${id}/retry`}
              formToken={formToken}
              label="Send again"
              about={id}
            />
          ),
        },
      ]}
      empty="It was sent nothing lately."
    />
  );
}
