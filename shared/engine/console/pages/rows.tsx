// A read model's rows: as they change where that can be followed, else and with a filter by when they were created.
import * as v from "valibot";
import { latestChanges } from "@millrace/read-models/changes";
import { parseCursor, printCursor } from "@millrace/read-models/cursor";
import type { ReadModel } from "@millrace/read-models/read-model";
import type { PageContext } from "../context.ts";
import type { Page } from "../page.ts";
import { columnsOf, idOf, type ShownRow, shownRow, titleOf } from "../parts/document.tsx";
import { Choice, Field } from "../parts/form.tsx";
import { Table } from "../parts/table.tsx";
import { askPostgres } from "../sources.ts";
import { textIn } from "./streams.tsx";

const SHOWN_MAX = 50;
/** Rows that come by notification are seen at once; this is for those that were missed. */
const EVERY_MS = 10_000;

export function rowsPage({ sql, currency }: PageContext, model: ReadModel): Page {
  const { name, rows, shown } = model;
  const title = titleOf(name);
  return {
    path: `/${name}`,
    section: title,
    live: { everyMs: EVERY_MS, concerns: ({ projection }) => projection === name },
    async show({ url }) {
      const asked = Object.entries(shown.filters).map(([filter]) => [filter, textIn(url, filter)] as const);
      const filters = readFilters(model, asked);
      const controls = asked.length > 0 && { controls: <Controls model={model} asked={new Map(asked)} /> };
      const isAll = Object.keys(filters).length === 0 && !url.searchParams.has("cursor");
      if (isAll && shown.followed) {
        const latest = await askPostgres(`reading the latest ${name}`, latestChanges(sql, rows, SHOWN_MAX));
        const found = latest.map(({ document, deleted }) => shownRow(document, deleted));
        return {
          title,
          about: "As they change, the latest first.",
          ...controls,
          body: <Rows model={model} rows={found} />,
        };
      }
      const after = parseCursor(url.searchParams.get("cursor") ?? "");
      const query = { limit: SHOWN_MAX, ...(after ? { after } : {}), filters };
      const { documents, next } = await askPostgres(`listing ${name}`, shown.list({ sql, currency }, query));
      const older = new URLSearchParams(url.searchParams);
      if (next) older.set("cursor", printCursor(next));
      return {
        title,
        about: "By when they were created, the newest first.",
        ...controls,
        body: (
          <>
            <Rows model={model} rows={documents.map((document) => shownRow(document))} />
            {next && (
              <p class="pages">
                <a class="button plain" href={`/${name}?${older}`}>
                  Older {name}
                </a>
              </p>
            )}
          </>
        ),
      };
    },
  };
}

type AskedFilters = readonly (readonly [filter: string, text: string])[];

/** What was asked for in words that the filter does not know is not asked for. */
function readFilters({ shown }: ReadModel, asked: AskedFilters): Record<string, unknown> {
  const filters: Record<string, unknown> = {};
  for (const [name, text] of asked) {
    const filter = shown.filters[name];
    const read = filter && text !== "" ? v.safeParse(filter.schema, text) : undefined;
    if (read?.success) filters[name] = read.output;
  }
  return filters;
}

function Controls({
  model: { name, shown },
  asked,
}: {
  model: ReadModel;
  asked: ReadonlyMap<string, string>;
}) {
  const filters = Object.entries(shown.filters);
  return (
    <form class="controls" action={`/${name}`}>
      {filters.map(([filter, { schema }]) => {
        const chosen = asked.get(filter) ?? "";
        const words = wordsOf(schema);
        return words ? (
          <Choice
            name={filter}
            label={titleOf(filter)}
            options={words}
            chosen={chosen.toUpperCase()}
            none="any"
          />
        ) : (
          <Field name={filter} label={titleOf(filter)} value={chosen} hint="any" />
        );
      })}
      <button type="submit" class="button primary">
        Show
      </button>
      {[...asked.values()].some((text) => text !== "") && (
        <a class="button plain" href={`/${name}`}>
          All
        </a>
      )}
    </form>
  );
}

/** Those that a filter can be, where they are few and known. */
function wordsOf(schema: v.GenericSchema): readonly string[] | undefined {
  const steps = "pipe" in schema ? (schema.pipe as readonly v.GenericSchema[]) : [schema];
  const list = steps.find(({ type }) => type === "picklist");
  return list && "options" in list ? (list.options as readonly string[]) : undefined;
}

function Rows({ model, rows }: { model: ReadModel; rows: readonly ShownRow[] }) {
  return (
    <Table
      caption={titleOf(model.name)}
      captionHidden
      rows={rows}
      keyOf={idOf}
      columns={columnsOf(model)}
      empty={`There are no such ${model.name}.`}
    />
  );
}
