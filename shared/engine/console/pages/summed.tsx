// One row that several streams make, as readers get it.
import { Failure } from "@millrace/platform/failure";
import type { ReadModel } from "@millrace/read-models/read-model";
import type { PageContext } from "../context.ts";
import type { Page } from "../page.ts";
import { factsOf, shownRow, titleOf } from "../parts/document.tsx";
import { Value } from "../parts/json.tsx";
import { Facts } from "../parts/table.tsx";
import { askPostgres } from "../sources.ts";

const EVERY_MS = 5_000;

export function summedPage({ sql, currency }: PageContext, model: ReadModel): Page {
  const { name, shown } = model;
  const lookup = shown.lookup({ sql, currency });
  return {
    path: `/${name}/:id`,
    section: titleOf(name),
    live: { everyMs: EVERY_MS },
    async show({ parameters: { id = "" } }) {
      const row = await askPostgres(`looking for one of ${name}`, lookup.whole(id));
      if (!row || row.deleted)
        throw new Failure("stream_not_found", `There is no ${shown.noun} ${id}`, false);
      return {
        title: `${titleOf(shown.noun)} ${id}`,
        body: (
          <>
            <section class="card" aria-labelledby="now">
              <h2 id="now">As it is now</h2>
              <Facts facts={factsOf(model, shownRow(row.document))} />
            </section>
            <section aria-labelledby="document">
              <h2 id="document">What readers get</h2>
              <Value text={row.document} label={`The document of the ${shown.noun}`} />
            </section>
          </>
        ),
      };
    },
  };
}
