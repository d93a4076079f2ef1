// One endpoint: its state, what it was sent lately, and what can be done with it.
import { Failure } from "@millrace/platform/failure";
import { type Endpoint, findEndpoint } from "@millrace/webhooks/endpoints";
import { type DeliveryState, type LoggedDelivery, listDeliveries } from "@millrace/webhooks/operate";
import type { PageContext } from "../context.ts";
import { EACH_TWO_SECONDS, type Page } from "../page.ts";
import { Action, Field } from "../parts/form.tsx";
import { eventHref, webhookHref } from "../parts/links.ts";
import { Section } from "../parts/section.tsx";
import { Facts, Table } from "../parts/table.tsx";
import { Ago, Chip, Id, Num, Time } from "../parts/words.tsx";
import { askPostgres } from "../sources.ts";
import { EndpointChip, whyOf } from "./webhooks.tsx";

const SHOWN_MAX = 50;

export function webhookPage({ sql }: PageContext): Page {
  return {
    path: "/webhooks/:id",
    section: "Webhooks",
    live: EACH_TWO_SECONDS,
    async show({ parameters: { id = "" }, formToken }) {
      const [endpoint, log] = await Promise.all([
        askPostgres("looking for a webhook", findEndpoint(sql, id)),
        askPostgres("reading its log", listDeliveries(sql, { endpoint: id, limit: SHOWN_MAX })),
      ]);
      if (!endpoint) throw new Failure("webhook_not_found", `There is no endpoint ${id}`, false);
      return {
        title: endpoint.url,
        controls: <Acts endpoint={endpoint} formToken={formToken} />,
        body: (
          <>
            <EndpointFacts endpoint={endpoint} />
            <Section id="log" title="Lately">
              <LogTable endpoint={id} log={log} formToken={formToken} />
            </Section>
          </>
        ),
      };
    },
  };
}

function Acts({ endpoint, formToken }: { endpoint: Endpoint; formToken: string | undefined }) {
  const { id, enabled } = endpoint;
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
              <Id value={`${stream}@${version}`} href={eventHref({ stream, version: version ?? 0 })} />
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
      empty="Nothing was sent to it lately."
    />
  );
}
