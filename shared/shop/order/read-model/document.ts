// An order as its readers get it: the canonical form, beside the words it was written in.
import { fromMinorUnits } from "../../money.ts";
import type { OrderContent, OrderLine } from "../events.ts";
import type { OrderPayment, OrderStatus } from "../state.ts";

/** What of a document changes while its content stays. */
export interface OrderLife {
  readonly id: string;
  readonly status: OrderStatus;
  readonly payment: OrderPayment;
  /** Of an order of kept goods. */
  readonly stock?: { readonly stage: string; readonly shortOf?: string } | undefined;
  readonly version: number;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** What says where an order stands is never a client's word. */
const NOT_WRITTEN: readonly (keyof OrderLife | "shortOf")[] = [
  "id",
  "status",
  "payment",
  "stock",
  "shortOf",
  "version",
  "createdAt",
  "updatedAt",
];

/** The members that follow from the content, without braces. Written words stand in their own form. */
export function printContent(content: OrderContent, currency: string): string {
  const { customer, lines, amount, written } = content;
  const members: Record<string, unknown> = {
    customer,
    lines: lines.map((line) => lineInDecimals(line, currency)),
    amount: fromMinorUnits(amount, currency),
    currency,
    ...written,
  };
  for (const name of NOT_WRITTEN) if (name in members) delete members[name];
  return JSON.stringify(members).slice(1, -1);
}

export function lineInDecimals({ unitPrice, ...line }: OrderLine, currency: string): OrderLine {
  return unitPrice === undefined ? line : { ...line, unitPrice: fromMinorUnits(unitPrice, currency) };
}

/** The whole document, JSON text. */
export function printDocument(life: OrderLife, content: string): string {
  return `${head(life)}${content}${VERSION}${life.version},"createdAt":"${life.createdAt}","updatedAt":"${life.updatedAt}"}`;
}

/** The content of a printed document, as text: it is not parsed. */
export function contentOf(
  document: string,
  life: Pick<OrderLife, "id" | "status" | "payment" | "stock">,
): string {
  const start = head(life);
  // No written word is called version, so the last one is the document's own.
  const end = document.lastIndexOf(VERSION);
  if (!document.startsWith(start) || end < 0) {
    throw new Error(`The document of order ${life.id} is not one that its projection printed`);
  }
  return document.slice(start.length, end);
}

const VERSION = ',"version":';

function head({
  id,
  status,
  payment,
  stock,
}: Pick<OrderLife, "id" | "status" | "payment" | "stock">): string {
  const goods = stock
    ? `${JSON.stringify({ stock: stock.stage, shortOf: stock.shortOf }).slice(1, -1)},`
    : "";
  return `{"id":${JSON.stringify(id)},"status":"${status}","payment":"${payment}",${goods}`;
}
