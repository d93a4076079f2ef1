import type { Command } from "commander";
import type { ReadModel } from "@millrace/read-models/read-model";
import { dropCopies, goBack, projectionStatus } from "@millrace/rebuild/manage";
import { rebuild } from "@millrace/rebuild/rebuild";
import { confirm, UsageError, YES } from "../confirm.ts";
import type { Context } from "../context.ts";
import { operatorHere } from "../operator-here.ts";
import { wrong } from "../output.ts";
import type { Run } from "../program.ts";
import { showProgress } from "../progress.ts";
import { printTable } from "../table.ts";
import { comparisonText, rebuildOutput, statusText, switchOutput } from "./projection-texts.ts";

export function addProjections(program: Command, run: Run, models: readonly ReadModel[]): void {
  const projections = program.command("projections").description("the read models, and building them anew");
  addStatus(projections, run);
  addRebuild(projections, run, models.map(({ name }) => name).join(", "));
  addSwitch(projections, run);
  addBack(projections, run);
  addDrop(projections, run);
}

function addStatus(projections: Command, run: Run): void {
  projections
    .command("status")
    .description("each read model, what stands beside it, and how far a rebuild has come")
    .action((_options, command: Command) =>
      run(command, async ({ sql, models }) => {
        const json = await projectionStatus(sql, models);
        const text = printTable(
          json,
          [
            { title: "projection", value: (row) => row.projection },
            { title: "rows (about)", value: (row) => row.rows, right: true },
            { title: "beside it", value: (row) => row.copies.join(", ") || "nothing" },
            { title: "rebuild", value: statusText, flexible: true },
          ],
          "",
        );
        return { json, text };
      }),
    );
}

const DIFFERENCES = [
  "--accept-differences",
  "switch although rows differ: to what the event store says",
] as const;

function addRebuild(projections: Command, run: Run, names: string): void {
  const [example] = names.split(", ");
  projections
    .command("rebuild <projection>")
    .description("build a read model anew beside the live one, compare the two, and switch")
    .option("--no-switch", "leave the new one beside the live one; `switch` goes on from there")
    .option(...DIFFERENCES)
    .addHelpText(
      "after",
      `
Projections: ${names}

Reads and writes go on meanwhile. The new rows are made from the event store, follow Kafka to its
head, and are compared with the live ones by range of keys. Where all are the same, one transaction
switches; what was live before stands by until \`drop\`. Where some differ, they are named, and
nothing is switched. A rebuild that was interrupted goes on when it is started again.

Examples:
  bun run ops projections rebuild ${example}
  bun run ops projections rebuild ${example} --no-switch
  bun run ops projections rebuild ${example} --accept-differences    mend rows that were damaged

Exit code 1 where it did not switch, unless --no-switch was given and nothing differs.
`,
    )
    .action((name: string, options: { switch: boolean; acceptDifferences?: true }, command: Command) =>
      run(command, (context) => rebuildIt(context, modelOf(context, name), options)),
    );
}

function addSwitch(projections: Command, run: Run): void {
  projections
    .command("switch <projection>")
    .description("switch to what `rebuild --no-switch` has built, or a rebuild whose rows differ")
    .option(...DIFFERENCES)
    .action((name: string, options: { acceptDifferences?: true }, command: Command) =>
      run(command, async (context) => {
        const model = modelOf(context, name);
        const [status] = await projectionStatus(context.sql, [model]);
        if (status?.rebuild?.phase !== "following") {
          return wrong(
            { projection: name, error: "nothing_to_switch_to" },
            `There is nothing to switch to, since no rebuild of ${name} has been finished. Nothing was done; \`bun run ops projections rebuild ${name}\` makes one.`,
          );
        }
        return rebuildIt(context, model, { switch: true, ...options });
      }),
    );
}

async function rebuildIt(
  context: Context,
  model: ReadModel,
  options: { switch: boolean; acceptDifferences?: true },
) {
  const progress = showProgress();
  try {
    const result = await rebuild({
      ...working(context, model),
      switch: options.switch,
      acceptDifferences: options.acceptDifferences ?? false,
      onProgress: progress.show,
    });
    return rebuildOutput(result, options.switch);
  } finally {
    progress.end();
  }
}

function addBack(projections: Command, run: Run): void {
  projections
    .command("back <projection>")
    .description("go back to what was live before the switch, once it has taken in what has happened since")
    .option(...DIFFERENCES)
    .action(
      (name: string, { acceptDifferences = false }: { acceptDifferences?: boolean }, command: Command) =>
        run(command, async (context) => {
          const model = modelOf(context, name);
          const progress = showProgress();
          try {
            const options = { ...working(context, model), acceptDifferences, onProgress: progress.show };
            const { comparison, outcome } = await goBack(options);
            const { json, text, wrong } = switchOutput(name, outcome);
            return {
              json: { ...json, comparison: { ...comparison, unequal: comparison.unequal.length } },
              text: `${comparisonText(comparison)}\n${text}`,
              wrong,
            };
          } finally {
            progress.end();
          }
        }),
    );
}

function addDrop(projections: Command, run: Run): void {
  projections
    .command("drop <projection>")
    .description("drop what stands beside the live read model: an unfinished rebuild, or the way back")
    .option(...YES)
    .action((name: string, _options, command: Command) =>
      run(command, async (context) => {
        const model = modelOf(context, name);
        const [status] = await projectionStatus(context.sql, [model]);
        const copies = status?.copies.map((copy) => `${name}@${copy}`) ?? [];
        if (copies.length > 0) await confirm(context, `${copies.join(" and ")} would be gone for ever.`);
        const dropped = await dropCopies(working(context, model));
        const text = dropped.length === 0 ? "Nothing stood beside it." : `Dropped: ${dropped.join(", ")}.`;
        return { json: { projection: name, dropped }, text };
      }),
    );
}

function working({ sql, config, kafka, log, loader }: Context, model: ReadModel) {
  return { sql, databaseUrl: config.DATABASE_URL, loader, kafka, log, model, by: operatorHere() };
}

/** @throws UsageError */
function modelOf({ models }: Context, name: string): ReadModel {
  const model = models.find((each) => each.name === name);
  if (!model)
    throw new UsageError(
      `There is no projection "${name}"; there are ${models.map((each) => each.name).join(", ")}.`,
    );
  return model;
}
