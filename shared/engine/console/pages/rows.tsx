// A read model's rows: the latest changed first; with a filter, or where changes can't be followed, the newest first.
import * as v from "valibot";
import { latestChanges } from "@millrace/read-models/changes";
import { parseCursor, printCursor } from "@millrace/read-models/cursor";
import type { ReadModel } from "@millrace/read-models/read-model";
import type { PageContext } from "../context.ts";
import type { Page } from "../page.ts";
import { columnsOf, idOf, type ShownRow, shownRow, titleOf } from "../parts/document.tsx";
import { Choice, Field, Filters } from "../parts/form.tsx";
import { More } from "../parts/section.tsx";
import { Table } from "../parts/table.tsx";
import { hrefFrom, textIn } from "../query.ts";
import { askPostgres } from "../sources.ts";

const SHOWN_MAX = 50;
/** In ms. Notifications bring changed rows at once: this is for notifications that were missed. */
const EVERY_MS = 10_000;

export function rowsPage({ sql, currency }: PageContext, model: ReadModel): Page {
  const { name, rows, shown } = model;
  const title = titleOf(name);
  const latest = async () => {
    const changes = latestChanges(sql, rows, SHOWN_MAX);
    const found = await askPostgres(`reading the latest ${name}`, changes);
    return found.map(({ document, deleted }) => shownRow(document, deleted));
  };
  const listed = async (url: URL, filters: Record<string, unknown>) => {
    const after = parseCursor(url.searchParams.get("cursor") ?? "");
    const query = { limit: SHOWN_MAX, ...(after ? { after } : {}), filters };
    return askPostgres(`listing ${name}`, shown.list({ sql, currency }, query));
  };
  return {
    path: `/${name}`,
    section: title,
    live: { everyMs: EVERY_MS, concerns: ({ projection }) => projection === name },
    async show({ url }) {
      const filters = filtersIn(url, model);
      const controls =
        Object.keys(shown.filters).length > 0 ? <Controls model={model} url={url} /> : undefined;
      const isAll = Object.keys(filters).length === 0 && !url.searchParams.has("cursor");
      if (isAll && shown.followed) {
        const body = <Rows model={model} rows={await latest()} />;
        return { title, about: "As they change, the latest first.", controls, body };
      }
      const { documents, next } = await listed(url, filters);
      return {
        title,
        about: "By the time at which they were created, the newest first.",
        controls,
        body: (
          <>
            <Rows model={model} rows={documents.map((document) => shownRow(document))} />
            {next && <More href={hrefFrom(url, "cursor", printCursor(next))}>Older {name}</More>}
          </>
        ),
      };
    },
  };
}

/** A word that its filter does not know filters nothing. */
function filtersIn(url: URL, { shown }: ReadModel): Record<string, unknown> {
  const filters: Record<string, unknown> = {};
  for (const [name, { schema }] of Object.entries(shown.filters)) {
    const text = textIn(url, name);
    const read = text === "" ? undefined : v.safeParse(schema, text);
    if (read?.success) filters[name] = read.output;
  }
  return filters;
}

function Controls({ model: { name, shown }, url }: { model: ReadModel; url: URL }) {
  const filters = Object.entries(shown.filters);
  const isShown = filters.some(([filter]) => textIn(url, filter) !== "");
  return (
    <Filters action={`/${name}`} without={{ label: "All", isShown }}>
      {filters.map(([filter, { schema }]) => {
        const value = textIn(url, filter);
        const field = { name: filter, label: titleOf(filter) };
        const words = wordsOf(schema);
        return words ? (
          <Choice {...field} options={words} chosen={value.toUpperCase()} none="any" />
        ) : (
          <Field {...field} value={value} hint="any" />
        );
      })}
    </Filters>
  );
}

/** The words to choose from, where the filter has such a list. */
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
