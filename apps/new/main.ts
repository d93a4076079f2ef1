// `bun run new`: writes what a team would write by hand, and nothing that it could not have written so.
import { fileURLToPath } from "node:url";
import { Command, CommanderError } from "commander";
import { openCheckout, runIn } from "./checkout.ts";
import { commandOf, planCommand } from "./command.ts";
import { fieldsOf } from "./fields.ts";
import { namesOf, singularOf } from "./names.ts";
import { carryOut, type Plan } from "./plan.ts";
import { Refusal } from "./refusal.ts";
import { makeShop } from "./shop.ts";
import { planAggregate } from "./templates/aggregate.ts";
import { planProcess } from "./templates/process.ts";
import { planReadModel } from "./templates/read-model.ts";

const checkout = openCheckout(fileURLToPath(new URL("../..", import.meta.url)));

const program = new Command("bun run new").exitOverride();

program
  .command("aggregate <name>")
  .description("A thing with a life of its own: commands, events, rows, and all that follows from them")
  .option(
    "--fields <list>",
    "name:kind, separated by commas; kinds: text, integer, money, boolean, time",
    "name:text",
  )
  .option("--plural <word>", "where English has another than the name with an s")
  .action((name: string, { fields, plural }: { fields: string; plural?: string }) => {
    make(planAggregate({ names: namesOf(name, plural), fields: fieldsOf(fields) }, checkout.texts()));
  });

program
  .command("command <aggregate> <verb>")
  .description("One more command of an aggregate, and its event: dispatch of shipment makes dispatchShipment")
  .option("--past <word>", "what has happened then, where English has another word than the verb with -ed")
  .action((aggregate: string, verb: string, { past }: { past?: string }) => {
    make(planCommand(commandOf(aggregate, verb, past), checkout.aggregate(aggregate)));
  });

program
  .command("read-model <name>")
  .description(
    "Rows made of streams that are there: one a stream, or what streams of several aggregates come to",
  )
  .requiredOption("--of <aggregates>", "one or several, separated by commas")
  .action((name: string, { of }: { of: string }) => {
    const names = namesOf(singularOf(name));
    const aggregates = of.split(",").map((each) => each.trim());
    for (const each of aggregates) checkout.aggregate(each);
    make(planReadModel({ name: names.plural, noun: names.name, of: aggregates }, checkout.shop()));
  });

program
  .command("process <name>")
  .description("What follows from what has happened: decides, calls outside, waits, asks for a person")
  .requiredOption("--on <aggregate>", "whose events wake it")
  .action((name: string, { on }: { on: string }) => {
    checkout.aggregate(on);
    make(planProcess({ name: namesOf(name).name, on }, checkout.texts()));
  });

program
  .command("shop <folder>")
  .description("A folder with the engine and one small aggregate, to begin a shop of your own from")
  .action((folder: string) => {
    const target = makeShop(checkout.root, folder, runIn);
    console.log(`${target}\nNext: cd ${folder}, then bun run dev`);
  });

try {
  program.parse();
} catch (error) {
  if (error instanceof CommanderError) process.exit(error.exitCode);
  if (!(error instanceof Refusal)) throw error;
  console.error(error.message);
  process.exit(2);
}

function make(plan: Plan): void {
  for (const path of carryOut(checkout.root, plan, checkout.run)) console.log(path);
  console.log("Next: bun test, then bun run dev");
}
