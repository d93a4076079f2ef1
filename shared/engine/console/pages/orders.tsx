// Orders as they change; and, with a filter, orders by when they were created.

import { latestChanges } from "@millrace/read-models/changes";
import { parseCursor, printCursor } from "@millrace/read-models/cursor";
import type { Page as RowsPage } from "@millrace/read-models/page";
import { ordersModel } from "@millrace/shop/order/read-model/model";
import type { OrderPayment, OrderStatus } from "@millrace/shop/order/state";
import type { PageContext } from "../context.ts";
import type { Page } from "../page.ts";
import { Field } from "../parts/form.tsx";
import {
  ORDER_COLUMNS,
  type OrderShown,
  orderShown,
  PAYMENT_TONES,
  STATUS_TONES,
} from "../parts/order-row.tsx";
import { Table } from "../parts/table.tsx";
import { askPostgres } from "../sources.ts";
import { textIn } from "./streams.tsx";

const SHOWN_MAX = 50;
/** Rows that come by notification are seen at once; this is for those that were missed. */
const EVERY_MS = 10_000;
const STATUSES = Object.keys(STATUS_TONES) as OrderStatus[];
const PAYMENTS = Object.keys(PAYMENT_TONES) as OrderPayment[];

interface Filter {
  readonly status: OrderStatus | undefined;
  readonly payment: OrderPayment | undefined;
  readonly customer: string;
}

export function ordersPage({ sql, currency }: PageContext): Page {
  return {
    path: "/orders",
    section: "Orders",
    live: { everyMs: EVERY_MS, concerns: ({ projection }) => projection === "orders" },
    async show({ url }) {
      const filter = readFilter(url);
      const { status, payment, customer } = filter;
      const controls = <Controls filter={filter} />;
      if (!status && !payment && customer === "" && !url.searchParams.has("cursor")) {
        const latest = await askPostgres(
          "reading the latest changes",
          latestChanges(sql, ordersModel.rows, SHOWN_MAX),
        );
        const orders = latest.map(({ document, deleted }) => orderShown(document, deleted));
        return {
          title: "Orders",
          about: "As they change, the latest first.",
          controls,
          body: <Latest orders={orders} />,
        };
      }
      const after = parseCursor(url.searchParams.get("cursor") ?? "");
      const page = await askPostgres(
        "listing orders",
        ordersModel.shown.list(
          { sql, currency },
          {
            limit: SHOWN_MAX,
            ...(after ? { after } : {}),
            filters: { status, payment, customer: customer || undefined },
          },
        ),
      );
      return {
        title: "Orders",
        about: "By when they were created, the newest first.",
        controls,
        body: <Listed page={page} url={url} />,
      };
    },
  };
}

function readFilter(url: URL): Filter {
  const word = (name: string) => textIn(url, name).toUpperCase();
  return {
    status: STATUSES.find((each) => each === word("status")),
    payment: PAYMENTS.find((each) => each === word("payment")),
    customer: textIn(url, "customer"),
  };
}

function Controls({ filter }: { filter: Filter }) {
  return (
    <form class="controls" action="/orders">
      <Choice name="status" label="Status" options={STATUSES} chosen={filter.status} />
      <Choice name="payment" label="Payment" options={PAYMENTS} chosen={filter.payment} />
      <Field name="customer" label="Customer" value={filter.customer} hint="any" wide />
      <button type="submit" class="button primary">
        Show
      </button>
      {(filter.status || filter.payment || filter.customer) && (
        <a class="button plain" href="/orders">
          As they change
        </a>
      )}
    </form>
  );
}

function Choice(props: {
  name: string;
  label: string;
  options: readonly string[];
  chosen: string | undefined;
}) {
  const { name, label, options, chosen } = props;
  return (
    <div class="field">
      <label for={`field-${name}`}>{label}</label>
      <select id={`field-${name}`} name={name}>
        <option value="">any</option>
        {options.map((option) => (
          <option value={option} selected={option === chosen}>
            {option}
          </option>
        ))}
      </select>
    </div>
  );
}

function Latest({ orders }: { orders: readonly OrderShown[] }) {
  return (
    <Table
      caption="The orders that changed last"
      captionHidden
      rows={orders}
      keyOf={({ id }) => id}
      columns={ORDER_COLUMNS}
      empty="There is no order yet."
    />
  );
}

function Listed({ page: { documents, next }, url }: { page: RowsPage; url: URL }) {
  const query = new URLSearchParams(url.searchParams);
  if (next) query.set("cursor", printCursor(next));
  return (
    <>
      <Table
        caption="Orders, the newest first"
        captionHidden
        rows={documents.map((document) => orderShown(document))}
        keyOf={({ id }) => id}
        columns={ORDER_COLUMNS}
        empty="No order is like that."
      />
      {next && (
        <p class="pages">
          <a class="button plain" href={`/orders?${query}`}>
            Older orders
          </a>
        </p>
      )}
    </>
  );
}
