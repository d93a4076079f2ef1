// One row of a read model with several source streams, as readers get it.
import { Failure } from "@millrace/platform/failure";
import type { ReadModel } from "@millrace/read-models/read-model";
import type { PageContext } from "../context.ts";
import { EACH_FIVE_SECONDS, type Page } from "../page.ts";
import { factsOf, shownRow, titleOf } from "../parts/document.tsx";
import { Value } from "../parts/json.tsx";
import { Section } from "../parts/section.tsx";
import { Facts } from "../parts/table.tsx";
import { askPostgres } from "../sources.ts";

export function summedPage({ sql, currency }: PageContext, model: ReadModel): Page {
  const { name, shown } = model;
  const lookup = shown.lookup({ sql, currency });
  return {
    path: `/${name}/:id`,
    section: titleOf(name),
    live: EACH_FIVE_SECONDS,
    async show({ parameters: { id = "" } }) {
      const row = await askPostgres(`looking for one of ${name}`, lookup.whole(id));
      if (!row || row.deleted)
        throw new Failure("stream_not_found", `There is no ${shown.noun} ${id}`, false);
      return {
        title: `${titleOf(shown.noun)} ${id}`,
        body: (
          <>
            <Section id="now" title="As it is now" card>
              <Facts facts={factsOf(model, shownRow(row.document))} />
            </Section>
            <Section id="document" title="What readers get">
              <Value text={row.document} label={`The document of the ${shown.noun}`} />
            </Section>
          </>
        ),
      };
    },
  };
}
