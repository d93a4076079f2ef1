// Asked before what stands beside a read model is dropped.
import { Failure } from "@millrace/platform/failure";
import { projectionStatus } from "@millrace/rebuild/manage";
import type { PageContext } from "../context.ts";
import type { Page } from "../page.ts";
import { Confirm } from "../parts/form.tsx";
import { LinkButton } from "../parts/section.tsx";
import { askPostgres } from "../sources.ts";

export function dropPage({ sql, models }: PageContext): Page {
  return {
    path: "/projections/:projection/drop",
    section: "Projections",
    async show({ parameters: { projection = "" }, formToken }) {
      const statuses = await askPostgres("reading read models", projectionStatus(sql, models));
      const status = statuses.find((each) => each.projection === projection);
      if (!status) throw new Failure("projection_not_found", `There is no read model ${projection}`, false);
      const copies = status.copies.map((copy) => `${projection}@${copy}`).join(" and ");
      return {
        title: `Drop what stands beside ${projection}?`,
        body: copies ? (
          <Confirm
            warning={`${copies} would be gone for ever. The live rows stay as they are.`}
            action={`/projections/${projection}/drop`}
            formToken={formToken}
            label="Drop it for good"
            back="/projections"
          />
        ) : (
          <>
            <p class="notice calm">Nothing stands beside {projection}.</p>
            <LinkButton href="/projections">All read models</LinkButton>
          </>
        ),
      };
    },
  };
}
