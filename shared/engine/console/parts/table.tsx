// Tables. On a phone each row is a card whose cells carry their own titles. Roles are stated, since a table that CSS lays out
// in another way loses them.
import type { Child } from "hono/jsx";

export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => Child;
  /** Numbers stand to the right. */
  readonly right?: boolean;
  /** Names the row. */
  readonly head?: boolean;
  /** May break anywhere. */
  readonly long?: boolean;
}

export interface TableProps<Row> {
  readonly caption: string;
  /** Where a heading right above says the same. */
  readonly captionHidden?: boolean;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  /** Stands in the table's place where there are no rows. */
  readonly empty: Child;
  /** Keeps a row the same one while others come and go. */
  readonly keyOf?: (row: Row) => string;
}

export function Table<Row>({ caption, captionHidden, columns, rows, empty, keyOf }: TableProps<Row>) {
  if (rows.length === 0) return <p class="empty">{empty}</p>;
  return (
    <table role="table" class="table">
      <caption class={captionHidden ? "visually-hidden" : undefined}>{caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map(({ title, right }) => (
            <th role="columnheader" scope="col" class={right ? "right" : undefined}>
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <tr role="row" data-key={keyOf?.(row)}>
            {columns.map((column) => (
              <Cell column={column} row={row} />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Cell<Row>({ column, row }: { column: Column<Row>; row: Row }) {
  const { head, right, long, title } = column;
  const kind = [right ? "right" : "", long ? "long" : ""].filter(Boolean).join(" ") || undefined;
  const value = <span class="cell">{column.value(row)}</span>;
  if (head) {
    return (
      <th role="rowheader" scope="row" class={kind} data-title={title}>
        {value}
      </th>
    );
  }
  return (
    <td role="cell" class={kind} data-title={title}>
      {value}
    </td>
  );
}

/** Names, each with its value. */
export function Facts({ facts }: { facts: readonly (readonly [name: Child, value: Child] | undefined)[] }) {
  return (
    <dl class="facts">
      {facts.map(
        (fact) =>
          fact && (
            <div>
              <dt>{fact[0]}</dt>
              <dd>{fact[1]}</dd>
            </div>
          ),
      )}
    </dl>
  );
}
