// Tables for people: aligned, and no wider than a hundred columns where flexible columns can be cut.
import { count } from "@millrace/platform/quantities";

export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string | number | undefined;
  /** Numbers stand to the right. */
  readonly right?: boolean;
  /** May be cut short where the table would be too wide. */
  readonly flexible?: boolean;
}

const WIDTH_MAX = 100;
/** Least width of a column that is cut: less would say nothing. */
const CUT_LEAST = 12;
const GAP = "  ";

/** The rows as text, or `empty` where there are none. */
export function printTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  empty: string,
): string {
  if (rows.length === 0) return empty;
  const cells = rows.map((row) => columns.map((column) => printable(column.value(row))));
  const widths = columns.map((column, index) =>
    Math.max(column.title.length, ...cells.map((line) => Bun.stringWidth(line[index] as string))),
  );
  shrink(widths, columns);
  const line = (values: readonly string[]) =>
    values
      .map((value, index) => fit(value, widths[index] as number, columns[index]?.right ?? false))
      .join(GAP)
      .trimEnd();
  return [line(columns.map((column) => column.title)), ...cells.map(line)].join("\n");
}

/** Names to the left, values to the right. */
export function printPairs(pairs: readonly (readonly [string, string | number])[]): string {
  const width = Math.max(...pairs.map(([name]) => name.length));
  return pairs.map(([name, value]) => `${name.padEnd(width)}${GAP}${printable(value)}`).join("\n");
}

/** Text with lines and tabs, such as a record's value. */
export function printableLines(text: string): string {
  const cells = (line: string) => line.split("\t").map(printable).join("\t");
  return text.split("\n").map(cells).join("\n");
}

/** Without control characters: those that others sent must not steer the terminal. */
function printable(value: string | number | undefined): string {
  if (value === undefined) return "-";
  if (typeof value === "number") return count(value);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what it looks for
  return value.replace(/[\u0000-\u001f\u007f-\u009f]/g, "\u00b7");
}

function shrink(widths: number[], columns: readonly Column<never>[] | readonly Column<unknown>[]): void {
  const total = () => widths.reduce((sum, width) => sum + width + GAP.length, -GAP.length);
  for (;;) {
    const excess = total() - WIDTH_MAX;
    if (excess <= 0) return;
    const widest = columns
      .map((column, index) => ({ index, width: column.flexible ? (widths[index] as number) : 0 }))
      .sort((left, right) => right.width - left.width)[0];
    if (!widest || widest.width <= CUT_LEAST) return;
    widths[widest.index] = Math.max(CUT_LEAST, widest.width - excess);
  }
}

function fit(value: string, width: number, right: boolean): string {
  const cut = Bun.stringWidth(value) > width ? `${value.slice(0, width - 1)}…` : value;
  const padding = " ".repeat(Math.max(0, width - Bun.stringWidth(cut)));
  return right ? padding + cut : cut + padding;
}
