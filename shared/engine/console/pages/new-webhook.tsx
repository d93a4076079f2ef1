// The form that adds an endpoint, and what answers it: its secret, once.
import { PAYLOADS } from "@millrace/webhooks/body";
import { newEndpointId } from "@millrace/webhooks/endpoints";
import type { Shown } from "../page.ts";
import { Action, Choice, Field, MadeId } from "../parts/form.tsx";
import { webhookHref } from "../parts/links.ts";
import { notMade, shownOnce } from "../parts/shown-once.tsx";
import { Id } from "../parts/words.tsx";

export function NewEndpoint({ formToken }: { formToken: string | undefined }) {
  return (
    <div class="controls">
      <Action action="/webhooks" formToken={formToken} label="Add an endpoint">
        <MadeId id={newEndpointId()} />
        <Field name="url" label="Address" hint="https://hooks.example.com/things" wide />
        <Field name="events" label="Events" value="*" hint="thing.*,other.made" />
        <Choice name="payload" label="Sends" options={PAYLOADS} />
        <Choice name="ordered" label="In order a stream" options={["no", "yes"]} />
        <Field name="description" label="Whose" />
      </Action>
    </div>
  );
}

const ALL_WEBHOOKS = { href: "/webhooks", label: "All webhooks" } as const;

export function addedEndpoint({ id, secret, url }: Record<"id" | "secret" | "url", string>): Shown {
  return shownOnce({
    title: "An endpoint was added",
    notice: "Copy the secret now: it can't be shown again. The receiver verifies each webhook with it.",
    facts: [
      ["Secret", <code class="long">{secret}</code>],
      ["Address", <Id value={url} href={webhookHref(id)} />],
      ["Id", <Id value={id} />],
    ],
    back: ALL_WEBHOOKS,
  });
}

export function notAdded(reasons: readonly string[]): Shown {
  return notMade("No endpoint was added", reasons, ALL_WEBHOOKS);
}
