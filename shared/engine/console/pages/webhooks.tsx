// The endpoints that events are sent to: those that fail first.
import { type Endpoint, listEndpoints } from "@millrace/webhooks/endpoints";
import type { PageContext } from "../context.ts";
import { EACH_TWO_SECONDS, type Page } from "../page.ts";
import { webhookHref } from "../parts/links.ts";
import { Table } from "../parts/table.tsx";
import { Chip, Id, Num } from "../parts/words.tsx";
import { askPostgres } from "../sources.ts";
import { NewEndpoint } from "./new-webhook.tsx";

export function webhooksPage({ sql, webhooks: { sealer } }: PageContext): Page {
  return {
    path: "/webhooks",
    section: "Webhooks",
    live: EACH_TWO_SECONDS,
    async show({ formToken }) {
      const endpoints = await askPostgres("listing webhooks", listEndpoints(sql));
      return {
        title: "Webhooks",
        about:
          "Events are sent to these addresses, signed. What an endpoint does not take is sent again for three days. Its secret is shown once, when it is added.",
        controls: sealer ? (
          <NewEndpoint formToken={formToken} />
        ) : (
          <p>No endpoint can be added here: MILLRACE_WEBHOOK_KEYS is not set for the console.</p>
        ),
        body: <EndpointTable endpoints={endpoints.toSorted((one, other) => rank(one) - rank(other))} />,
      };
    },
  };
}

function rank({ disabledReason, failingSince }: Endpoint): number {
  if (disabledReason !== null) return 0;
  return failingSince === null ? 2 : 1;
}

function EndpointTable({ endpoints }: { endpoints: readonly Endpoint[] }) {
  return (
    <Table
      caption="Endpoints, those that fail first"
      captionHidden
      rows={endpoints}
      keyOf={({ id }) => id}
      columns={[
        { title: "Address", head: true, value: ({ id, url }) => <Id value={url} href={webhookHref(id)} /> },
        { title: "Events", value: ({ events }) => events.join(", ") },
        { title: "State", value: (endpoint) => <EndpointChip endpoint={endpoint} /> },
        { title: "To send", right: true, value: ({ pending }) => <Num value={pending} /> },
        { title: "Why", long: true, value: (endpoint) => whyOf(endpoint) ?? "–" },
      ]}
      empty="No events are sent anywhere: there is no endpoint."
    />
  );
}

export function EndpointChip({ endpoint }: { endpoint: Endpoint }) {
  const { enabled, disabledReason, failingSince, slowedUntil } = endpoint;
  if (!enabled) return <Chip tone={disabledReason === null ? "warn" : "bad"}>disabled</Chip>;
  if (slowedUntil !== null) return <Chip tone="warn">slowed</Chip>;
  return failingSince === null ? <Chip tone="good">well</Chip> : <Chip tone="bad">failing</Chip>;
}

export function whyOf({ enabled, disabledReason, failingSince, lastFailure }: Endpoint): string | undefined {
  if (!enabled) return disabledReason ?? "a person has disabled it";
  return failingSince === null ? undefined : (lastFailure ?? undefined);
}
