// The trail of operators' acts, the newest first, and whether it is as it was written.
import { count } from "@millrace/platform/quantities";
import { type Head, parseHead, printHead } from "@millrace/trail/entry";
import { type KeptEntry, newestEntries, type TrailFilter } from "@millrace/trail/list";
import { type Verdict, verifyTrail } from "@millrace/trail/verify";
import type { PageContext } from "../context.ts";
import { EACH_FIVE_SECONDS, type Page } from "../page.ts";
import { Field, Filters } from "../parts/form.tsx";
import { More } from "../parts/section.tsx";
import { Facts, Table } from "../parts/table.tsx";
import { Num, Time } from "../parts/words.tsx";
import { hrefFrom, numberIn, textIn } from "../query.ts";
import { askPostgres } from "../sources.ts";

const SHOWN_MAX = 50;
/** Most entries that a page verifies: so many are read within the time that Postgres has for a page. */
const VERIFIED_MAX = 20_000;

export function trailPage({ sql }: PageContext): Page {
  return {
    path: "/trail",
    section: "Trail",
    live: EACH_FIVE_SECONDS,
    async show({ url }) {
      const filter = filterIn(url);
      const entries = await askPostgres("reading the trail", newestEntries(sql, SHOWN_MAX, filter));
      return {
        title: "Trail",
        about: (
          <>
            What people did here and by <code>bun run ops</code>, who signed in, and a sample of the requests
            that were refused. Each entry holds the hash of the entry before it:{" "}
            <a href="/trail/verify">verify that none was changed</a>.
          </>
        ),
        controls: (
          <Filters action="/trail">
            <Field name="actor" label="Who" value={filter.actor} hint="operator:ann" />
            <Field name="act" label="Act" value={filter.act} hint="key.create" />
            <Field name="target" label="On" value={filter.target} hint="any" wide />
          </Filters>
        ),
        body: <Entries entries={entries} url={url} />,
      };
    },
  };
}

/** Not live: each look reads the whole trail. */
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
            The hashes alone show an entry that was changed, removed or moved. Entries cut off at the end, and
            a trail that the database's owner has written anew to its end, show only against a head that was
            noted earlier, where that owner can't change it.
          </>
        ),
        controls: (
          <Filters action="/trail/verify" label="Verify">
            <Field name="head" label="Head noted earlier" value={said} hint="<number>:<64 digits>" wide />
          </Filters>
        ),
        body: isUnread ? (
          <p class="notice bad">
            The head was not read, so nothing was verified. Copy it whole, as this page or bun run ops trail
            --verify has printed it: a number, a colon and 64 digits.
          </p>
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
          The trail is not as it was written: {verdict.cause}. Entries before {count(verdict.position)} are as
          they were. Somebody with rights on the database has changed it: compare it with a backup.
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
  const before = numberIn(url, "before");
  return {
    ...(actor && { actor }),
    ...(act && { act }),
    ...(target && { target }),
    ...(before && { before }),
  };
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
        empty="The trail has no such entry."
      />
      {entries.length === SHOWN_MAX && last && (
        <More href={hrefFrom(url, "before", last.position)}>Older entries</More>
      )}
    </>
  );
}

function Filtered({ by, children }: { by: Record<string, string>; children: string }) {
  return <a href={`/trail?${new URLSearchParams(by)}`}>{children}</a>;
}
