import * as v from "valibot";
import { parseCursor, printCursor } from "@millrace/read-models/cursor";
import { paymentsModel } from "@millrace/shop/payment/read-model/model";
import type { PageContext } from "../context.ts";
import type { Page } from "../page.ts";
import { orderHref } from "../parts/links.ts";
import { amountOf, PaymentChip } from "../parts/order-row.tsx";
import { Table } from "../parts/table.tsx";
import { Ago, Id, Num } from "../parts/words.tsx";
import { askPostgres } from "../sources.ts";
import { noticesOf } from "../workers.ts";

const SHOWN_MAX = 50;
const EVERY_MS = 10_000;

const shape = v.object({
  orderId: v.string(),
  status: v.string(),
  amount: v.nullish(v.number()),
  currency: v.nullish(v.string()),
  version: v.number(),
  updatedAt: v.string(),
});

export function paymentsPage({ sql, currency, health }: PageContext): Page {
  return {
    path: "/payments",
    section: "Payments",
    live: { everyMs: EVERY_MS, concerns: ({ projection }) => projection === "payments" },
    async show({ url }) {
      const after = parseCursor(url.searchParams.get("cursor") ?? "");
      const query = { limit: SHOWN_MAX, ...(after ? { after } : {}) };
      const [{ documents, next }, processes] = await Promise.all([
        askPostgres("listing payments", paymentsModel.shown.list({ sql, currency }, query)),
        health(),
      ]);
      const payments = documents.map((document) => v.parse(shape, JSON.parse(document)));
      return {
        title: "Payments",
        about: "By when they were asked for, the newest first.",
        body: (
          <>
            {noticesOf(processes).map((notice) => (
              <p class="notice warn">{notice}</p>
            ))}
            <PaymentTable payments={payments} />
            {next && (
              <p class="pages">
                <a class="button plain" href={`/payments?cursor=${printCursor(next)}`}>
                  Older payments
                </a>
              </p>
            )}
          </>
        ),
      };
    },
  };
}

function PaymentTable({ payments }: { payments: readonly v.InferOutput<typeof shape>[] }) {
  return (
    <Table
      caption="Payments"
      captionHidden
      rows={payments}
      keyOf={({ orderId }) => orderId}
      columns={[
        {
          title: "Order",
          head: true,
          value: ({ orderId }) => <Id value={orderId} href={orderHref(orderId)} />,
        },
        { title: "State", value: ({ status }) => <PaymentChip payment={status} /> },
        { title: "Amount", right: true, value: (payment) => <span class="num">{amountOf(payment)}</span> },
        { title: "Version", right: true, value: ({ version }) => <Num value={version} /> },
        { title: "Changed", value: ({ updatedAt }) => <Ago at={updatedAt} /> },
      ]}
      empty="There is no payment yet."
    />
  );
}
