// Who did what: the trail, the newest first, and whether it is as it was written.
import { count } from "@millrace/platform/quantities";
import { type Head, parseHead, printHead } from "@millrace/trail/entry";
import { type KeptEntry, newestEntries, type TrailFilter } from "@millrace/trail/list";
import { type Verdict, verifyTrail } from "@millrace/trail/verify";
import type { PageContext } from "../context.ts";
import type { Page } from "../page.ts";
import { Field } from "../parts/form.tsx";
import { Facts, Table } from "../parts/table.tsx";
import { Num, Time } from "../parts/words.tsx";
import { askPostgres } from "../sources.ts";
import { textIn } from "./streams.tsx";

const SHOWN_MAX = 50;
const EVERY_MS = 5_000;
/** What is read within the time that a page has: a console that looked for longer would keep others waiting. */
const VERIFIED_MAX = 20_000;

export function trailPage({ sql }: PageContext): Page {
  return {
    path: "/trail",
    section: "Trail",
    live: { everyMs: EVERY_MS },
    async show({ url }) {
      const filter = filterIn(url);
      const entries = await askPostgres("reading the trail", newestEntries(sql, SHOWN_MAX, filter));
      return {
        title: "Trail",
        about: (
          <>
            What people did here and by <code>bun run ops</code>, who signed in, and a part of what was
            refused. Each entry holds the hash of the one before it:{" "}
            <a href="/trail/verify">verify that none was changed</a>.
          </>
        ),
        controls: <Controls filter={filter} />,
        body: <Entries entries={entries} url={url} />,
      };
    },
  };
}

/** Not live: each look reads the trail whole. */
export function verifyTrailPage({ sql }: PageContext): Page {
  return {
    path: "/trail/verify",
    section: "Trail",
    async show({ url }) {
      const said = textIn(url, "head");
      const noted = said === "" ? undefined : parseHead(said);
      const isUnread = said !== "" && !noted;
      return {
        title: "Is the trail as it was written?",
        about: (
          <>
            Entries that were changed, removed or moved are found by the hashes alone. Entries cut off at the
            end, and a trail written anew to its end by somebody who may do anything in the database, are
            found only by a head that was noted earlier, where the database's owner can't change it.
          </>
        ),
        controls: (
          <form class="controls" action="/trail/verify">
            <Field name="head" label="Head noted earlier" value={said} hint="<number>:<64 digits>" wide />
            <button type="submit" class="button primary">
              Verify
            </button>
          </form>
        ),
        body: isUnread ? (
          <p class="notice bad">That is no head as this page and `bun run ops trail --verify` print it.</p>
        ) : (
          <VerdictShown verdict={await verdictOn(sql, noted)} />
        ),
      };
    },
  };
}

type Shown = Verdict | { readonly is: "too long"; readonly entries: number };

async function verdictOn(sql: PageContext["sql"], noted: Head | undefined): Promise<Shown> {
  const [newest] = await askPostgres("reading the trail", newestEntries(sql, 1));
  const entries = newest?.position ?? 0;
  if (entries > VERIFIED_MAX) return { is: "too long", entries };
  return askPostgres("verifying the trail", verifyTrail(sql, noted));
}

function VerdictShown({ verdict }: { verdict: Shown }) {
  switch (verdict.is) {
    case "whole":
      return (
        <>
          <p class="notice good" role="status">
            The trail is whole: {count(verdict.head.position)} entries.
          </p>
          <Facts
            facts={[["Its head, to keep elsewhere", <code class="long">{printHead(verdict.head)}</code>]]}
          />
        </>
      );
    case "broken":
      return (
        <p class="notice bad" role="alert">
          The trail is not as it was written: {verdict.cause}. Entries before {count(verdict.position)} hold
          together.
        </p>
      );
    case "too long":
      return (
        <p class="notice warn">
          The trail has {count(verdict.entries)} entries, more than a page reads at once:{" "}
          <code>bun run ops trail --verify</code> reads them all.
        </p>
      );
  }
}

function filterIn(url: URL): TrailFilter {
  const [actor, act, target] = [textIn(url, "actor"), textIn(url, "act"), textIn(url, "target")];
  const before = /^\d{1,15}$/.exec(url.searchParams.get("before") ?? "")?.[0];
  return {
    ...(actor !== "" && { actor }),
    ...(act !== "" && { act }),
    ...(target !== "" && { target }),
    ...(before !== undefined && { before: Number(before) }),
  };
}

function Controls({ filter }: { filter: TrailFilter }) {
  return (
    <form class="controls" action="/trail">
      <Field name="actor" label="Who" value={filter.actor} hint="operator:ann" />
      <Field name="act" label="Act" value={filter.act} hint="key.create" />
      <Field name="target" label="On" value={filter.target} hint="any" wide />
      <button type="submit" class="button primary">
        Show
      </button>
    </form>
  );
}

function Entries({ entries, url }: { entries: readonly KeptEntry[]; url: URL }) {
  const last = entries.at(-1);
  return (
    <>
      <Table
        caption="Entries, the newest first"
        captionHidden
        rows={entries}
        keyOf={({ position }) => String(position)}
        columns={[
          { title: "Entry", head: true, value: ({ position }) => <Num value={position} /> },
          { title: "At", value: ({ at }) => <Time at={at} /> },
          { title: "Who", value: ({ actor }) => <Filtered by={{ actor }}>{actor}</Filtered> },
          { title: "Proven by", value: ({ authn }) => authn },
          { title: "From", value: ({ origin }) => origin },
          { title: "Act", value: ({ act }) => <Filtered by={{ act }}>{act}</Filtered> },
          { title: "On", value: ({ target }) => <Filtered by={{ target }}>{target}</Filtered> },
          {
            title: "Details",
            long: true,
            value: ({ details }) => (details === "{}" ? "–" : <code>{details}</code>),
          },
        ]}
        empty="Nothing of this kind stands in the trail."
      />
      {entries.length === SHOWN_MAX && last && (
        <p class="pages">
          <a class="button plain" href={`/trail?${olderQuery(url, last.position)}`}>
            Older entries
          </a>
        </p>
      )}
    </>
  );
}

function Filtered({ by, children }: { by: Record<string, string>; children: string }) {
  return <a href={`/trail?${new URLSearchParams(by)}`}>{children}</a>;
}

function olderQuery(url: URL, before: number): string {
  const query = new URLSearchParams(url.searchParams);
  query.set("before", String(before));
  return String(query);
}
