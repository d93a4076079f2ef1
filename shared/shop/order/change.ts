import { sameJson } from "@millrace/domain/same-json";
import type { ChangeOrder } from "./commands.ts";
import type { OrderContent, WrittenWords } from "./events.ts";
import { linesTotal } from "./lines-total.ts";

// Words of several dialects for one thing. A change replaces such a group whole: an order that was written in
// `items` and is changed in `products` reads back in `products` alone.
const lineWords = ["items", "products", "product", "quantity", "lines"];
const customerWords = ["customer", "userId"];
const amountWords = ["amount", "totalAmount"];

/** The content after the change; undefined where the change changes nothing. */
export function changeContent(content: OrderContent, change: ChangeOrder): OrderContent | undefined {
  const amount = amountAfter(content, change);
  const replaced = new Set([
    ...(change.lines === undefined ? [] : lineWords),
    ...(change.customer === undefined ? [] : customerWords),
    ...(change.amount === undefined && amount === content.amount ? [] : amountWords),
  ]);
  const changed: OrderContent = {
    customer: change.customer === undefined ? content.customer : change.customer,
    lines: change.lines ?? content.lines,
    amount,
    written: { ...without(content.written, replaced), ...change.written },
  };
  return sameJson(changed, content) ? undefined : changed;
}

/** New lines bring their own amount, unless one is named beside them or a line has no price. */
function amountAfter(content: OrderContent, change: ChangeOrder): number {
  if (change.amount !== undefined) return change.amount;
  if (change.lines === undefined || sameJson(change.lines, content.lines)) return content.amount;
  return linesTotal(change.lines) ?? content.amount;
}

function without(written: WrittenWords, words: ReadonlySet<string>): WrittenWords {
  return Object.fromEntries(Object.entries(written).filter(([word]) => !words.has(word)));
}
