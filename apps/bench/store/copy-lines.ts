// Lines as COPY reads them in its text format.
import type { StoredEvent } from "@millrace/events/envelope";
import { printDocument } from "@millrace/shop/order/read-model/document";
import type { OrderRow } from "@millrace/shop/order/read-model/model";

type Field = string | number | boolean | null;

const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r" };

export function copyLine(fields: readonly Field[]): string {
  return `${fields.map(printField).join("\t")}\n`;
}

function printField(field: Field): string {
  if (field === null) return "\\N";
  if (typeof field !== "string") return String(field);
  return field.replace(/[\\\t\n\r]/g, (character) => ESCAPES[character] as string);
}

/** For `events (stream, version, type, schema_version, at, metadata, data)`. */
export function eventLine(event: StoredEvent): string {
  const { stream, version, type, schemaVersion, at, metadata, data } = event;
  return copyLine([stream, version, type, schemaVersion, at, JSON.stringify(metadata), data]);
}

/** For the columns of `orders`, from id to offset; `change` draws its own. */
export function rowLine(row: OrderRow): string {
  const { id, version, createdAt, updatedAt, value } = row;
  const { order, content: printed, customerKey } = value;
  const { status, payment, currency, deleted, content } = order;
  const document = printDocument({ id, status, payment, version, createdAt, updatedAt }, printed);
  return copyLine([
    id,
    version,
    status,
    payment,
    customerKey,
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
