import type { Sql } from "@millrace/platform/postgres";
import { type Page, type PageQuery, readPage } from "@millrace/read-models/page";
import { createRowLookup, type RowLookup } from "@millrace/read-models/row-lookup";
import type { PaymentStatus } from "../state.ts";

export function createPaymentLookup(sql: Sql, onRead?: (ids: number) => void): RowLookup {
  return createRowLookup(
    (ids, bytesMax) => sql`
      select id, version, false as deleted,
        case when octet_length(document) <= ${bytesMax} then document end as document
      from payments where id = any(${ids}::text[])`,
    onRead,
  );
}

export interface PaymentsQuery extends PageQuery {
  readonly status?: PaymentStatus;
}

/** @throws Failure `postgres_unavailable` */
export function listPayments(sql: Sql, query: PaymentsQuery): Promise<Page> {
  const { status } = query;
  return readPage(sql, "payments", status === undefined ? [] : [sql`status = ${status}`], query);
}
