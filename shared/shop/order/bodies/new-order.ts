import type * as v from "valibot";
import type { ReadContext } from "@millrace/commands/aggregate";
import {
  ISSUES_MAX,
  type Issue,
  isJsonObject,
  type Parsed,
  parse,
  refused,
  withoutNulls,
} from "@millrace/commands/parsed";
import { amountMax, UNITS_MAX } from "../../money.ts";
import type { MoneyReader } from "../../read-money.ts";
import type { ShopSettings } from "../../settings.ts";
import type { CreateOrder } from "../commands.ts";
import type { OrderLine } from "../events.ts";
import { linesTotal } from "../lines-total.ts";
import type { NewOrderWords } from "../words.ts";
import { agreedAmount, agreedCustomer, agreedId } from "./agreed.ts";
import { amountOnly } from "./amount-only.ts";
import { canonical, linesOfLines } from "./canonical.ts";
import { customerItems, linesOfItems } from "./customer-items.ts";
import { linesOfProduct, singleProduct } from "./single-product.ts";
import { linesOfProducts, userProducts } from "./user-products.ts";

/** Reads a new order in whichever dialect its words belong to. */
export function readNewOrder(
  body: unknown,
  { newId, settings: { currency } }: ReadContext<ShopSettings>,
): Parsed<CreateOrder> {
  const dialect = pickDialect(body);
  if (!dialect.ok) return dialect;
  const issues: Issue[] = [];
  const reader: MoneyReader = { currency, issues };
  const { word, read, customerWord } = dialect.value;
  const said = withoutNulls(body, (each) => each !== word && ORDER_WORDS.has(each));
  const order = read(said, reader);
  if (!order.ok) return order;
  const { words, lines } = order.value;

  const id = agreedId(words, issues);
  const customer = agreedCustomer(words, issues) ?? null;
  const amount = agreedAmount(words, reader) ?? linesTotal(lines) ?? 0;
  if (customer === null && customerWord !== undefined) {
    issues.push({ pointer: `/${customerWord}`, message: "Missing" });
  }
  if (amount > amountMax(currency)) issues.push(tooMuch(word));
  if (words.currency !== undefined && words.currency !== currency) {
    issues.push({ pointer: "/currency", message: `Must be ${currency}` });
  }
  if (issues.length > 0) return { ok: false, issues: issues.slice(0, ISSUES_MAX) };

  // The id reads back as `id` whatever it was written as: as a word it would be there twice.
  const { id: _, ...written } = words;
  const orderId = id ?? newId();
  return { ok: true, value: { type: "CreateOrder", orderId, customer, lines, amount, currency, written } };
}

/** The words of a sum that no order may cost. */
export function tooMuch(linesWord: string): Issue {
  const message = `Must come to at most ${UNITS_MAX} in all`;
  return { pointer: `/${linesWord}`, message };
}

interface Dialect {
  /** The word that only bodies of this dialect hold. */
  readonly word: string;
  /** The word for the customer, in the dialects that always name one; the other word for it does too. */
  readonly customerWord?: "customer" | "userId";
  readonly read: (body: unknown, reader: MoneyReader) => Parsed<{ words: NewOrderWords; lines: OrderLine[] }>;
}

const dialects: readonly Dialect[] = [
  { word: "items", customerWord: "customer", read: reader(customerItems, (w) => linesOfItems(w.items)) },
  {
    word: "products",
    customerWord: "userId",
    read: reader(userProducts, (w, money) => linesOfProducts(w.products, money)),
  },
  { word: "product", read: reader(singleProduct, linesOfProduct) },
  { word: "lines", read: reader(canonical, (w, money) => linesOfLines(w.lines, money)) },
];
const withoutLines = reader(amountOnly, () => []);
const dialectsWithoutLines: readonly Dialect[] = [
  { word: "amount", read: withoutLines },
  { word: "totalAmount", read: withoutLines },
];

function reader<Words extends NewOrderWords>(
  schema: v.GenericSchema<unknown, Words>,
  linesOf: (words: Words, money: MoneyReader) => OrderLine[],
): Dialect["read"] {
  return (body, money) => {
    const parsed = parse(schema, body);
    if (!parsed.ok) return parsed;
    return { ok: true, value: { words: parsed.value, lines: linesOf(parsed.value, money) } };
  };
}

function pickDialect(body: unknown): Parsed<Dialect> {
  if (!isJsonObject(body)) return refused("", "Must be a JSON object");
  const says = ({ word }: Dialect) => (body[word] ?? null) !== null;
  const [first, second] = dialects.filter(says);
  if (second) return refused(`/${second.word}`, `Can't stand beside ${first?.word}`);
  const all = [...dialects, ...dialectsWithoutLines];
  const dialect = first ?? all.find(says) ?? all.find(({ word }) => Object.hasOwn(body, word));
  if (dialect) return { ok: true, value: dialect };
  return refused("", "An order needs one of items, products, product, lines, amount or totalAmount");
}

const ORDER_WORDS: ReadonlySet<string> = new Set(
  [customerItems, userProducts, singleProduct, canonical].flatMap(({ entries }) => Object.keys(entries)),
);
