import { sql } from "drizzle-orm";
import type { RecordedEvent } from "@millrace/events/envelope";
import { topicOf } from "@millrace/events/topics";
import type { Tx } from "@millrace/platform/postgres";
import { applyAlone, applyBatch, type Model, writingAround } from "@millrace/read-models/apply-batch";
import { type Columns, documentColumns, given, givenValues } from "@millrace/read-models/given";
import { loadBatch, loadingInto } from "@millrace/read-models/load-batch";
import type { ProjectedEvent, Projection } from "@millrace/read-models/read-model";
import { timesOf } from "@millrace/read-models/row-times";
import { selectById } from "@millrace/read-models/select-by-id";
import { fromMinorUnits } from "../../money.ts";
import { paymentCodec } from "../codec.ts";
import { paymentDecider } from "../decide.ts";
import type { PaymentEvent } from "../events.ts";
import type { ExistingPayment, PaymentStatus } from "../state.ts";

export const paymentsProjection: Projection = {
  name: "payments",
  topic: topicOf("payment"),
  schemaVersionOf: paymentCodec.schemaVersionOf,
  apply: (tx, events) => applyBatch(tx, model, events),
  applyAlone: (db, events, alone) => applyAlone(db, model, events, alone),
  load: (tx, events, leaveOut) => loadBatch(tx, model, loading, { events, leaveOut }),
};

/** What readers see of a payment and its state does not keep, since nothing is decided by it. */
interface Remarks {
  readonly gatewayReference?: string;
  readonly refundReference?: string;
  /** Why it failed, or why its outcome is not known. */
  readonly reason?: string;
}

interface PaymentRow {
  readonly id: string;
  readonly version: number;
  readonly payment: ExistingPayment;
  readonly remarks: Remarks;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly partition: number;
  readonly offset: number;
}

function next(row: PaymentRow | undefined, { event, partition, offset }: ProjectedEvent): PaymentRow {
  const recorded = paymentCodec.decode(event);
  const payment = paymentDecider.evolve(row?.payment ?? paymentDecider.initialState, recorded);
  if (!payment.exists) throw new Error(`${event.type} leaves no payment`);
  const { aggregateId: id, version, at } = recorded;
  const remarks = remarksAfter(row?.remarks ?? {}, recorded);
  return { id, version, payment, remarks, ...timesOf(row, at), partition, offset };
}

function remarksAfter(remarks: Remarks, event: RecordedEvent<PaymentEvent>): Remarks {
  switch (event.type) {
    case "PaymentRequested":
      return {};
    case "PaymentCompleted": {
      // What was not known for a while is known now.
      const { reason: _, ...rest } = remarks;
      return { ...rest, gatewayReference: event.data.gatewayReference };
    }
    case "PaymentFailed":
      return { ...remarks, reason: event.data.reason };
    case "PaymentOutcomeUnknown":
      return { ...remarks, reason: event.data.cause };
    case "PaymentRefundRequested":
      return remarks;
    case "PaymentRefunded":
      return { ...remarks, refundReference: event.data.gatewayReference };
  }
}

/** A payment as its readers get it: amounts in decimals. */
interface PaymentDocument extends Remarks {
  readonly id: string;
  readonly orderId: string;
  readonly status: PaymentStatus;
  readonly amount: number;
  readonly currency: string;
  readonly refundRequested: boolean;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

function printDocument({ id, payment, remarks, version, createdAt, updatedAt }: PaymentRow): string {
  const { orderId, status, currency, refundRequested } = payment;
  const document: PaymentDocument = {
    id,
    orderId,
    status,
    amount: fromMinorUnits(payment.amount, currency),
    currency,
    refundRequested,
    ...remarks,
    version,
    createdAt,
    updatedAt,
  };
  return JSON.stringify(document);
}

interface StoredRow {
  id: string;
  version: number;
  amount: string;
  document: string;
  partition: number;
  offset: string;
}

const stored = selectById<StoredRow>(sql`payments`, sql`id, version, amount, partition, "offset"`);

async function read(tx: Tx, ids: readonly string[]): Promise<PaymentRow[]> {
  return (await stored(tx, ids)).map(restore);
}

function restore({ id, version, amount, document, partition, offset }: StoredRow): PaymentRow {
  const {
    id: _,
    orderId,
    status,
    currency,
    refundRequested,
    version: __,
    createdAt,
    updatedAt,
    ...rest
  } = JSON.parse(document) as PaymentDocument;
  // The column holds the amount in minor units; the document's decimals are for readers.
  const { amount: ___, ...remarks } = rest;
  const payment: ExistingPayment = {
    exists: true,
    orderId,
    amount: Number(amount),
    currency,
    status,
    refundRequested,
  };
  return { id, version, payment, remarks, createdAt, updatedAt, partition, offset: Number(offset) };
}

const columns: Columns<PaymentRow> = {
  ...documentColumns(printDocument),
  status: { type: "text", of: ({ payment }) => payment.status },
  amount: { type: "bigint", of: ({ payment }) => payment.amount },
  partition: { type: "integer", of: ({ partition }) => partition },
};

const loading = loadingInto("payments", columns, { numbered: false });

const writing = writingAround(
  (frame) => sql`
    with fence as (${frame.fence}), given as materialized (
      select * from ${given(columns)} where exists (select from fence)
    ), inserted as (
      insert into payments (id, version, status, amount, created_at, updated_at, document, partition, "offset")
      select id, version, status, amount, created_at, updated_at, document, partition, "offset"
      from given where before = 0
      on conflict (id) do nothing returning 1
    ), updated as (
      update payments set version = given.version, status = given.status, amount = given.amount,
        updated_at = given.updated_at, document = given.document, partition = given.partition,
        "offset" = given."offset"
      from given where payments.id = given.id and payments.version = given.before and given.before > 0
      returning 1
    )
    ${frame.result}`,
);

const model: Model<PaymentRow> = {
  name: "payments",
  next,
  read,
  writing,
  valuesOf: (changes) => givenValues(columns, changes),
};
