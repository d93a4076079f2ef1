// A store's rows as COPY reads them.
import type { StoredEvent } from "@millrace/contract/envelope";
import { copyLine } from "@millrace/platform/copy";
import { printDocument } from "@millrace/read-models/orders/document";
import type { OrderRow } from "@millrace/read-models/orders/projection";

/** For `events (stream, version, type, schema_version, at, metadata, data)`. */
export function eventLine(event: StoredEvent): string {
  const { stream, version, type, schemaVersion, at, metadata, data } = event;
  return copyLine([stream, version, type, schemaVersion, at, JSON.stringify(metadata), data]);
}

/** For the columns of `orders`, from id to offset; `change` draws its own. */
export function rowLine(row: OrderRow): string {
  const { id, version, order, createdAt, updatedAt } = row;
  const { status, payment, currency, deleted, content } = order;
  const document = printDocument({ id, status, payment, version, createdAt, updatedAt }, row.content);
  return copyLine([
    id,
    version,
    status,
    payment,
    row.customerKey,
    content.amount,
    currency,
    createdAt,
    updatedAt,
    deleted,
    document,
    row.partition,
    row.offset,
  ]);
}
