// Prices an order by the shop's list, where its own words are not believed. Pure, over prices that were loaded.

import { sameJson } from "@millrace/domain/same-json";
import { amountMax, fromMinorUnits, type MinorUnits, UNITS_MAX } from "../money.ts";
import type { ChangeOrder, CreateOrder } from "./commands.ts";
import type { OrderContent, OrderLine, WrittenWords } from "./events.ts";
import { linesTotal } from "./lines-total.ts";

/** One product, by the name that orders' lines call it. */
export interface ListedPrice {
  readonly name: string;
  /** The id that a line may give beside the name; null where a line may give none. */
  readonly productId: string | null;
  readonly unitPrice: MinorUnits;
}

/** The part of the shop's price list that a command is about. */
export interface PriceList {
  /** Whether the shop lists any price. One that lists none takes orders without prices, for a clerk to price. */
  readonly isKept: boolean;
  readonly prices: readonly ListedPrice[];
}

/** A place in the order's body, as an RFC 6901 JSON pointer, and what is wrong there. */
export interface PriceIssue {
  readonly pointer: string;
  readonly message: string;
}

export type Priced<Value> = { readonly value: Value } | { readonly issues: readonly PriceIssue[] };

/** The new order as the list prices it. */
export function pricedOrder(order: CreateOrder, list: PriceList): Priced<CreateOrder> {
  const issues: PriceIssue[] = [];
  const lines = pricedLines(order, { list, currency: order.currency, issues });
  const amount = linesTotal(lines) ?? 0;
  requireAmount(order.written, amount, order.currency, issues);
  return issues.length > 0 ? { issues } : { value: { ...order, lines, amount } };
}

/** The change as the list prices it. Lines that stay as they are keep the price that they were ordered at. */
export function pricedChange(
  change: ChangeOrder,
  { content, currency }: { readonly content: OrderContent; readonly currency: string },
  list: PriceList,
): Priced<ChangeOrder> {
  const issues: PriceIssue[] = [];
  if (change.lines === undefined || sameJson(change.lines, content.lines)) {
    requireAmount(change.written, content.amount, currency, issues);
    return issues.length > 0 ? { issues } : { value: change };
  }
  const lines = pricedLines({ lines: change.lines, written: change.written }, { list, currency, issues });
  // Without a price of its own a new line must not come at what a clerk asked for the old one.
  const amount = linesTotal(lines) ?? 0;
  requireAmount(change.written, amount, currency, issues);
  if (issues.length > 0) return { issues };
  return { value: { ...change, lines, ...(amount === content.amount ? {} : { amount }) } };
}

interface Pricing {
  readonly list: PriceList;
  readonly currency: string;
  readonly issues: PriceIssue[];
}

function pricedLines(
  { lines, written }: { readonly lines: readonly OrderLine[]; readonly written: WrittenWords },
  pricing: Pricing,
): readonly OrderLine[] {
  const words = wordsOfLines(written);
  const listed = new Map(pricing.list.prices.map((price) => [price.name, price]));
  const priced = lines.map((line, index) => pricedLine(line, listed.get(line.name), words(index), pricing));
  if ((linesTotal(priced) ?? 0) > amountMax(pricing.currency)) {
    pricing.issues.push({ pointer: words(0).all, message: `Must come to at most ${UNITS_MAX} in all` });
  }
  return priced;
}

function pricedLine(
  line: OrderLine,
  price: ListedPrice | undefined,
  words: LineWords,
  { list, currency, issues }: Pricing,
): OrderLine {
  if (!price) {
    if (list.isKept) issues.push({ pointer: words.name, message: "Is not on the price list" });
    else if (line.unitPrice !== undefined)
      issues.push({ pointer: words.price, message: "The shop lists no prices: name none" });
    return line;
  }
  // By its id another product may be sent than the one that was paid for by its name.
  if (line.productId !== undefined && line.productId !== price.productId)
    issues.push({ pointer: words.id, message: "Is not the id that the price list has for this name" });
  if (line.unitPrice !== undefined && line.unitPrice !== price.unitPrice) {
    issues.push({
      pointer: words.price,
      message: `Must be ${fromMinorUnits(price.unitPrice, currency)}, as listed`,
    });
  }
  return { ...line, unitPrice: price.unitPrice };
}

/** A sum that the order names has to be what its lines come to. */
function requireAmount(
  written: WrittenWords,
  amount: MinorUnits,
  currency: string,
  issues: PriceIssue[],
): void {
  const due = fromMinorUnits(amount, currency);
  for (const word of ["amount", "totalAmount"]) {
    const said = written[word] ?? undefined;
    if (said !== undefined && said !== due)
      issues.push({ pointer: `/${word}`, message: `Must be ${due}, as listed` });
  }
}

interface LineWords {
  readonly all: string;
  readonly name: string;
  readonly id: string;
  readonly price: string;
}

/** Where a line stands in the words that it was written in. */
function wordsOfLines(written: WrittenWords): (index: number) => LineWords {
  if (written.items !== undefined) return (index) => wordsAt("/items", `/items/${index}`);
  if (written.product !== undefined) return () => wordsAt("/product", "/product");
  if (written.products !== undefined) {
    return (index) => {
      const at = `/products/${index}`;
      return { all: "/products", name: `${at}/name`, id: `${at}/id`, price: `${at}/price` };
    };
  }
  return (index) => {
    const at = `/lines/${index}`;
    return { all: "/lines", name: `${at}/name`, id: `${at}/productId`, price: `${at}/unitPrice` };
  };
}

function wordsAt(all: string, name: string): LineWords {
  return { all, name, id: name, price: name };
}
