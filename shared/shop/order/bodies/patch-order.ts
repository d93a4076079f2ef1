import * as v from "valibot";
import { ISSUES_MAX, type Parsed, parse, refused } from "@millrace/commands/parsed";
import { amountMax } from "../../money.ts";
import type { MoneyReader } from "../../read-money.ts";
import type { ChangeOrder, OrderCommand } from "../commands.ts";
import type { OrderLine } from "../events.ts";
import { linesTotal } from "../lines-total.ts";
import { ORDER_STATUSES } from "../state.ts";
import { readStatus, statusCommand } from "../status-words.ts";
import { amountWords, customerWords } from "../words.ts";
import { agreedAmount, agreedCustomer } from "./agreed.ts";
import { lines, linesOfLines } from "./canonical.ts";
import { items, linesOfItems } from "./customer-items.ts";
import { tooMuch } from "./new-order.ts";
import { linesOfProduct, singleProductWords } from "./single-product.ts";
import { linesOfProducts, products } from "./user-products.ts";

const status = v.pipe(
  v.string(),
  v.transform((word) => readStatus(word) ?? word),
  v.picklist(ORDER_STATUSES, "Must be created, shipped, delivered or cancelled"),
  v.description("In any case"),
  v.metadata({ enum: ORDER_STATUSES.flatMap((word) => [word, word.toLowerCase()]) }),
);

/** Any of an order's words, whatever dialect it was written in, and the status that is asked for. */
export const orderPatch = v.strictObject({
  status: v.exactOptional(status),
  ...customerWords,
  items: v.exactOptional(items),
  products: v.exactOptional(products),
  product: v.exactOptional(singleProductWords.product),
  quantity: v.exactOptional(singleProductWords.quantity),
  lines: v.exactOptional(lines),
  ...amountWords,
});
type OrderPatch = v.InferOutput<typeof orderPatch>;

/** The commands of one PATCH, to be decided as one: the change first, while the order may still be changed. */
export function readOrderPatch(body: unknown, currency: string): Parsed<OrderCommand[]> {
  const parsed = parse(orderPatch, body);
  if (!parsed.ok) return parsed;
  const { status: asked, ...written } = parsed.value;
  const commands: OrderCommand[] = [];

  if (Object.keys(written).length > 0) {
    const change = readChange(written, { currency, issues: [] });
    if (!change.ok) return change;
    commands.push(change.value);
  }
  if (asked !== undefined) commands.push(statusCommand(asked));
  if (commands.length === 0) return refused("", "Must name what is to change");
  return { ok: true, value: commands };
}

function readChange(written: Omit<OrderPatch, "status">, reader: MoneyReader): Parsed<ChangeOrder> {
  const { issues, currency } = reader;
  const customer = agreedCustomer(written, issues);
  const amount = agreedAmount(written, reader);
  const changed = readLines(written, reader);
  if (amount === undefined && changed && (linesTotal(changed.lines) ?? 0) > amountMax(currency)) {
    issues.push(tooMuch(changed.word));
  }
  if (issues.length > 0) return { ok: false, issues: issues.slice(0, ISSUES_MAX) };
  return {
    ok: true,
    value: {
      type: "ChangeOrder",
      ...(customer === undefined ? {} : { customer }),
      ...(changed === undefined ? {} : { lines: changed.lines }),
      ...(amount === undefined ? {} : { amount }),
      written,
    },
  };
}

interface ChangedLines {
  readonly word: string;
  readonly lines: OrderLine[];
}

function readLines(written: OrderPatch, reader: MoneyReader): ChangedLines | undefined {
  const { issues } = reader;
  const { product, quantity } = written;
  const found: ChangedLines[] = [];
  if (written.items) found.push({ word: "items", lines: linesOfItems(written.items) });
  if (written.products) found.push({ word: "products", lines: linesOfProducts(written.products, reader) });
  if (written.lines) found.push({ word: "lines", lines: linesOfLines(written.lines, reader) });
  if (product !== undefined && quantity !== undefined) {
    found.push({ word: "product", lines: linesOfProduct({ product, quantity }) });
  } else if (product !== undefined || quantity !== undefined) {
    issues.push({ pointer: product === undefined ? "/product" : "/quantity", message: "Missing" });
  }
  const [first, second] = found;
  if (first && second) {
    issues.push({ pointer: `/${second.word}`, message: `Can't stand beside ${first.word}` });
  }
  return first;
}
