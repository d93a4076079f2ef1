// The price list: what customers' orders are held to.
import type { Command } from "commander";
import { operatorHere } from "@millrace/ops/operator-here";
import type { Act, Run } from "@millrace/ops/program";
import { requireCurrency } from "../currency.ts";
import { listPrices, removePrice, setPrices } from "./price-list.ts";
import { readPrice, readPrices, type WrittenPrice, writtenPrice } from "./read-prices.ts";

export function addPrices(program: Command, run: Run): void {
  const prices = program
    .command("prices")
    .description("the price list: what a customer's order costs unless MILLRACE_PRICES is trusted");
  prices
    .command("list")
    .description("all prices, by name")
    .action((_options, command: Command) =>
      run(command, async (context) => {
        const { sql, currency } = await inCurrency(context);
        const listed = (await listPrices(sql)).map((price) => writtenPrice(price, currency));
        const lines = listed.map(({ name, id, price }) => [price, name, id ?? ""].join("\t").trimEnd());
        return {
          json: listed,
          text: lines.join("\n") || "No price is listed: customers may name none either.",
        };
      }),
    );
  prices
    .command("set <name> <price>")
    .description("list a product, by the name that orders call it, or change its price")
    .option("--id <id>", "the id that a line may give beside the name")
    .action((name: string, price: string, { id }: { id?: string }, command: Command) =>
      run(command, async (context) => {
        const { sql, currency } = await inCurrency(context);
        const said: WrittenPrice = { name, price: Number(price), ...(id === undefined ? {} : { id }) };
        await setPrices(sql, [readPrice(said, currency)], operatorHere());
        return { json: said, text: `${name} costs ${said.price} ${currency} from now on.` };
      }),
    );
  prices
    .command("import <file>")
    .description(
      'list what a file of JSON holds, all of it or nothing: [{"name":"pen","price":1.5,"id":"prod-1"}]',
    )
    .action((file: string, _options, command: Command) =>
      run(command, async (context) => {
        const { sql, currency } = await inCurrency(context);
        const given = readPrices(await Bun.file(file).json(), currency);
        await setPrices(sql, given, operatorHere());
        return {
          json: { listed: given.length },
          text: `${given.length} prices are listed as the file says.`,
        };
      }),
    );
  prices
    .command("remove <name>")
    .description("take a product off the list; orders that were made keep their price")
    .action((name: string, _options, command: Command) =>
      run(command, async ({ sql }) => {
        const removed = await removePrice(sql, name, operatorHere());
        const text = removed ? `${name} is no longer listed.` : `${name} was not listed.`;
        return { json: { name, removed }, text, wrong: !removed };
      }),
    );
}

/** Prices are kept in the currency's smallest unit, so another one's would be read as something else. @throws InvalidConfig */
async function inCurrency({ sql, config, log }: Parameters<Act>[0]) {
  const currency = config.MILLRACE_CURRENCY;
  await requireCurrency({ sql, currency, claim: false, log });
  return { sql, currency };
}
