// The form that adds an endpoint, and what answers it: its secret, once.
import { PAYLOADS } from "@millrace/webhooks/body";
import type { Shown } from "../page.ts";
import { Action, Choice, Field } from "../parts/form.tsx";
import { webhookHref } from "../parts/links.ts";
import { Facts } from "../parts/table.tsx";
import { Id } from "../parts/words.tsx";

export function NewEndpoint({ formToken }: { formToken: string | undefined }) {
  return (
    <div class="controls">
      <Action action="/webhooks" formToken={formToken} label="Add an endpoint">
        <Field name="url" label="Address" hint="https://hooks.example.com/things" wide />
        <Field name="events" label="Events" value="*" hint="thing.*,other.made" />
        <Choice name="payload" label="Sends" options={PAYLOADS} />
        <Choice name="ordered" label="In order a stream" options={["no", "yes"]} />
        <Field name="description" label="Whose" />
      </Action>
    </div>
  );
}

/** What answers a form that added one: nothing can show the secret again. */
export function addedEndpoint({ id, secret, url }: Record<"id" | "secret" | "url", string>): Shown {
  return {
    title: "An endpoint was added",
    status: 201,
    body: (
      <>
        <p class="notice warn" role="status">
          Copy the secret now: it can't be shown again. The receiver verifies each webhook with it.
        </p>
        <Facts
          facts={[
            ["Secret", <code class="long">{secret}</code>],
            ["Address", <Id value={url} href={webhookHref(id)} />],
            ["Id", <Id value={id} />],
          ]}
        />
        <AllEndpoints />
      </>
    ),
  };
}

export function notAdded(reasons: readonly string[]): Shown {
  return {
    title: "No endpoint was added",
    status: 422,
    body: (
      <>
        <div class="notice bad" role="alert">
          {reasons.map((reason) => (
            <p>{reason}</p>
          ))}
        </div>
        <AllEndpoints />
      </>
    ),
  };
}

function AllEndpoints() {
  return (
    <p>
      <a class="button plain" href="/webhooks">
        All webhooks
      </a>
    </p>
  );
}
