// Orders in a table: the same row on the server and in the browser, which fills a template of it as orders change.
import * as v from "valibot";
import { decimalsOf } from "@millrace/shop/money";
import type { OrderPayment, OrderStatus } from "@millrace/shop/order/state";
import { orderHref } from "./links.ts";
import type { Column } from "./table.tsx";
import { Ago, Chip, Id, Num, type Tone } from "./words.tsx";

export const STATUS_TONES: Readonly<Record<OrderStatus, Tone>> = {
  CREATED: "calm",
  SHIPPED: "busy",
  DELIVERED: "good",
  CANCELLED: "warn",
};

export const PAYMENT_TONES: Readonly<Record<OrderPayment, Tone>> = {
  NONE: "calm",
  PENDING: "busy",
  COMPLETED: "good",
  FAILED: "bad",
  UNKNOWN: "warn",
  REFUNDED: "calm",
};

const shape = v.object({
  id: v.string(),
  status: v.string(),
  payment: v.string(),
  customer: v.nullish(v.string()),
  amount: v.nullish(v.number()),
  currency: v.nullish(v.string()),
  version: v.number(),
  updatedAt: v.string(),
});

/** What the table shows of an order's document. */
export type OrderShown = v.InferOutput<typeof shape> & { readonly deleted: boolean };

export function orderShown(document: string, deleted = false): OrderShown {
  return { ...v.parse(shape, JSON.parse(document)), deleted };
}

export const ORDER_COLUMNS: readonly Column<OrderShown>[] = [
  { title: "Order", head: true, value: ({ id }) => <Id value={id} href={orderHref(id)} /> },
  { title: "Status", value: (order) => <StatusChip order={order} /> },
  { title: "Payment", value: ({ payment }) => <PaymentChip payment={payment} /> },
  { title: "Customer", value: ({ customer }) => customer ?? <span class="none">none</span> },
  { title: "Amount", right: true, value: (order) => <span class="num">{amountOf(order)}</span> },
  { title: "Version", right: true, value: ({ version }) => <Num value={version} /> },
  { title: "Changed", value: ({ updatedAt }) => <Ago at={updatedAt} /> },
];

export function StatusChip({
  order: { status, deleted },
}: {
  order: Pick<OrderShown, "status" | "deleted">;
}) {
  if (deleted) return <Chip tone="warn">DELETED</Chip>;
  return <Chip tone={STATUS_TONES[status as OrderStatus] ?? "calm"}>{status}</Chip>;
}

export function PaymentChip({ payment }: { payment: string }) {
  return <Chip tone={PAYMENT_TONES[payment as OrderPayment] ?? "calm"}>{payment}</Chip>;
}

export function amountOf({ amount, currency }: Pick<OrderShown, "amount" | "currency">): string {
  if (amount === null || amount === undefined) return "–";
  const decimals = currency ? decimalsOf(currency) : 2;
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  return `${amount.toLocaleString("en-US", digits)} ${currency ?? ""}`.trim();
}
