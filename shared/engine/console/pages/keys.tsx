// API keys: who has one, what it lets them do and until when. A key itself is shown on the answer to its making, once.
import { newKeyId } from "@millrace/access/api-key";
import { type ListedKey, listKeys } from "@millrace/access/keys";
import { ROLES } from "@millrace/access/principal";
import type { PageContext } from "../context.ts";
import type { Page, Shown } from "../page.ts";
import { Action, Choice, Field, MadeId } from "../parts/form.tsx";
import { notMade, shownOnce } from "../parts/shown-once.tsx";
import { Table } from "../parts/table.tsx";
import { Chip, Id, Time } from "../parts/words.tsx";
import { askPostgres } from "../sources.ts";

/** The newest; `bun run ops keys list` has all. */
const SHOWN_MAX = 200;

export function keysPage({ sql }: PageContext): Page {
  return {
    path: "/keys",
    section: "Keys",
    async show({ formToken }) {
      const keys = await askPostgres("listing keys", listKeys(sql, SHOWN_MAX));
      return {
        title: "API keys",
        about:
          "What programs and people are known by where access is required. Only a hash of each is kept; one that is revoked is refused within seconds everywhere.",
        controls: <NewKey formToken={formToken} />,
        body: <Keys keys={keys} formToken={formToken} />,
      };
    },
  };
}

const ALL_KEYS = { href: "/keys", label: "All keys" } as const;

export function madeKey({
  id,
  key,
  role,
  subject,
}: Record<"id" | "key" | "role" | "subject", string>): Shown {
  return shownOnce({
    title: `A key of ${role}:${subject}`,
    notice:
      "Copy it now: it is not kept, so it can't be shown again. Programs send it as Authorization: Bearer.",
    facts: [
      ["Key", <code class="long">{key}</code>],
      ["Id", <Id value={id} />],
    ],
    back: ALL_KEYS,
  });
}

export function refusedKey(reason: string): Shown {
  return notMade("No key was made", [reason], ALL_KEYS);
}

function NewKey({ formToken }: { formToken: string | undefined }) {
  return (
    <div class="controls">
      <Action action="/keys" formToken={formToken} label="Make a key">
        <MadeId id={newKeyId()} />
        <Choice name="role" label="Role" options={ROLES} />
        <Field name="name" label="Whose" hint="ann" />
        <Field name="scopes" label="Scopes of a service" hint="act-as,things:write" />
        <Field name="expires" label="Works for" value="90d" />
      </Action>
    </div>
  );
}

function Keys({ keys, formToken }: { keys: readonly ListedKey[]; formToken: string | undefined }) {
  return (
    <Table
      caption={`Keys, the newest ${SHOWN_MAX} first`}
      captionHidden
      rows={keys}
      keyOf={({ id }) => id}
      columns={[
        { title: "Key", head: true, value: ({ id }) => <Id value={id} /> },
        { title: "Whose", value: ({ role, subject }) => `${role}:${subject}` },
        { title: "Scopes", long: true, value: ({ scopes }) => scopes.join(", ") || "–" },
        { title: "State", value: (key) => <State of={key} /> },
        { title: "Made", value: ({ createdAt }) => <Time at={createdAt} /> },
        { title: "By", value: ({ createdBy }) => createdBy },
        { title: "Until", value: ({ revokedAt, expiresAt }) => <Time at={revokedAt ?? expiresAt} /> },
        {
          title: "Do",
          value: (key) =>
            stateOf(key) === "works" ? (
              <Action
                action={`/keys/${key.id}/revoke`}
                formToken={formToken}
                label="Revoke"
                about={`${key.id} of ${key.subject}`}
                tone="danger"
              />
            ) : (
              "–"
            ),
        },
      ]}
      empty="There is no key yet."
    />
  );
}

function State({ of }: { of: ListedKey }) {
  const state = stateOf(of);
  return <Chip tone={state === "works" ? "good" : "calm"}>{state}</Chip>;
}

function stateOf({ revokedAt, expiresAt }: ListedKey): "works" | "revoked" | "expired" {
  if (revokedAt !== null) return "revoked";
  return Date.parse(expiresAt) > Date.now() ? "works" : "expired";
}
