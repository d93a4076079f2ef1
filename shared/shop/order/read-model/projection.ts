import { sql } from "drizzle-orm";
import { topicOf } from "@millrace/events/topics";
import { plainArray, textArray } from "@millrace/platform/columns";
import type { Tx } from "@millrace/platform/postgres";
import { named, statementAround, type Values } from "@millrace/platform/statement";
import {
  applyAlone,
  applyBatch,
  type Change,
  type Model,
  writingAround,
} from "@millrace/read-models/apply-batch";
import { type Columns, documentColumns, given, givenValues } from "@millrace/read-models/given";
import { loadBatch, loadingInto } from "@millrace/read-models/load-batch";
import type { ProjectedEvent, Projection } from "@millrace/read-models/read-model";
import { timesOf } from "@millrace/read-models/row-times";
import { selectById } from "@millrace/read-models/select-by-id";
import { orderCodec } from "../codec.ts";
import { orderDecider } from "../decide.ts";
import type { OrderContent } from "../events.ts";
import type { ExistingOrder, OrderPayment, OrderStatus } from "../state.ts";
import { customerKey } from "./customer-key.ts";
import { cutDocument, printContent, printDocument } from "./document.ts";
import { statsDeltas } from "./stats-deltas.ts";

export const ordersProjection: Projection = {
  name: "orders",
  topic: topicOf("order"),
  schemaVersionOf: orderCodec.schemaVersionOf,
  apply: (tx, events) => applyBatch(tx, model, events),
  applyAlone: (db, events, alone) => applyAlone(db, model, events, alone),
  load: (tx, events, leaveOut) => loadBatch(tx, model, loading, { events, leaveOut }),
};

export interface OrderRow {
  readonly id: string;
  readonly version: number;
  /** The domain's own state. A row that was read back has no content here but its text in `content`. */
  readonly order: ExistingOrder;
  /** See printContent. */
  readonly content: string;
  readonly customerKey: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly partition: number;
  readonly offset: number;
}

/** The domain's evolve decides what becomes of the order; only changed content is printed anew. */
export function next(row: OrderRow | undefined, { event, partition, offset }: ProjectedEvent): OrderRow {
  const recorded = orderCodec.decode(event);
  const order = orderDecider.evolve(row?.order ?? orderDecider.initialState, recorded);
  if (!order.exists) throw new Error(`${event.type} leaves no order`);
  const kept = row?.order.content === order.content ? row : undefined;
  return {
    id: recorded.aggregateId,
    version: event.version,
    order,
    content: kept?.content ?? printContent(order.content, order.currency),
    customerKey: kept ? kept.customerKey : customerKey(order.content.customer),
    ...timesOf(row, event.at),
    partition,
    offset,
  };
}

interface StoredRow {
  id: string;
  version: number;
  status: OrderStatus;
  payment: OrderPayment;
  customer: string | null;
  amount: string;
  currency: string;
  deleted: boolean;
  document: string;
  partition: number;
  offset: string;
}

const stored = selectById<StoredRow>(
  sql`orders`,
  sql`id, version, status, payment, customer, amount, currency, deleted, partition, "offset"`,
);

async function read(tx: Tx, ids: readonly string[]): Promise<OrderRow[]> {
  return (await stored(tx, ids)).map(restore);
}

export function restore(stored: StoredRow): OrderRow {
  const { id, version, status, payment, currency, deleted, partition } = stored;
  const order: ExistingOrder = {
    exists: true,
    deleted,
    orderId: id,
    currency,
    status,
    payment,
    content: contentKeptAsText(Number(stored.amount)),
  };
  return {
    id,
    version,
    order,
    ...cutDocument(stored.document, stored),
    customerKey: stored.customer,
    partition,
    offset: Number(stored.offset),
  };
}

/** Events hold the whole content or leave it alone, so none ever asks what it was; the amount is for the stats. */
function contentKeptAsText(amount: number): OrderContent {
  return { customer: null, lines: [], amount, written: {} };
}

const columns: Columns<OrderRow> = {
  ...documentColumns(documentOf),
  status: { type: "text", of: ({ order }) => order.status },
  payment: { type: "text", of: ({ order }) => order.payment },
  customer: { type: "text", of: (row) => row.customerKey },
  amount: { type: "bigint", of: ({ order }) => order.content.amount },
  currency: { type: "text", of: ({ order }) => order.currency },
  deleted: { type: "boolean", of: ({ order }) => order.deleted },
};

const loading = loadingInto("orders", columns, { numbered: true });

/** What both statements name. */
function rowValuesOf(changes: readonly Change<OrderRow>[]): Values {
  return { ...givenValues(columns, changes), partition: changes[0]?.after.partition ?? 0 };
}

function valuesOf(changes: readonly Change<OrderRow>[]): Values {
  return {
    ...rowValuesOf(changes),
    // Only the statement knows which of the others were new.
    deltas: JSON.stringify(statsDeltas(changes.filter(({ before }) => before !== undefined))),
  };
}

/** What is before FROM where orders are inserted. */
const insertGiven = sql`
      insert into orders (id, version, status, payment, customer, amount, currency, created_at, updated_at, deleted,
        document, partition, "offset")
      select id, version, status, payment, customer, amount, currency, created_at, updated_at, deleted,
        document, ${named("partition")}::integer, "offset"`;
/** What is after the rows where counters are inserted. */
const addToCell = sql`
      on conflict (partition, status, payment) do update
      set orders = order_stats.orders + excluded.orders, amount = order_stats.amount + excluded.amount`;

const writing = writingAround(
  (frame) => sql`
    with fence as (${frame.fence}), given as materialized (
      select * from ${given(columns)} where exists (select from fence)
    ), inserted as (
      ${insertGiven}
      from given where before = 0
      on conflict (id) do nothing returning status, payment, amount, deleted
    ), updated as (
      update orders set version = given.version, status = given.status, payment = given.payment,
        customer = given.customer, amount = given.amount, updated_at = given.updated_at, deleted = given.deleted,
        document = given.document, partition = ${named("partition")}::integer, "offset" = given."offset",
        change = nextval('order_changes')
      from given where orders.id = given.id and orders.version = given.before and given.before > 0
      returning 1
    ), counted as (
      insert into order_stats (partition, status, payment, orders, amount)
      select ${named("partition")}::integer, status, payment, sum(orders), sum(amount) from (
        select status, payment, 1 as orders, amount from inserted where not deleted
        union all
        select * from json_to_recordset(${named("deltas")}::text::json)
          as moved(status text, payment text, orders bigint, amount bigint) where exists (select from fence)
      ) as moves group by status, payment
      ${addToCell}
    )
    ${frame.result}`,
);

/** Half of what the other has to set up each time, which for a few rows is most of what it costs. */
const creating = statementAround(
  (fence) => sql`
    with fence as (${fence}), inserted as (
      ${insertGiven}
      from ${given(columns)} where exists (select from fence)
    ), counted as (
      insert into order_stats (partition, status, payment, orders, amount)
      select ${named("partition")}::integer, status, payment, orders, amount
      from unnest(${named("cells.status")}::text::text[], ${named("cells.payment")}::text::text[],
        ${named("cells.orders")}::text::bigint[], ${named("cells.amount")}::text::bigint[]
      ) as cells(status, payment, orders, amount) where exists (select from fence)
      ${addToCell}
    )
    select count(*)::integer as fenced from fence`,
);

function creationValuesOf(changes: readonly Change<OrderRow>[]): Values {
  const cells = statsDeltas(changes);
  return {
    ...rowValuesOf(changes),
    "cells.status": textArray(cells.map(({ status }) => status)),
    "cells.payment": textArray(cells.map(({ payment }) => payment)),
    "cells.orders": plainArray(cells.map(({ orders }) => orders)),
    "cells.amount": plainArray(cells.map(({ amount }) => amount)),
  };
}

const model: Model<OrderRow> = {
  name: "orders",
  next,
  read,
  writing,
  valuesOf,
  creating: { writing: creating, valuesOf: creationValuesOf },
};

function documentOf({ id, version, order, createdAt, updatedAt, content }: OrderRow): string {
  const { status, payment } = order;
  return printDocument({ id, status, payment, version, createdAt, updatedAt }, content);
}
