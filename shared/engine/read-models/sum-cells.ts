// What a batch of changed rows moves between the sums that are kept beside them.
import type { Aggregate } from "./kept-sums.ts";
import { type Change, type Column, printedArray, type Row, type RowColumns } from "./rows.ts";

export interface KeyColumn<Value> {
  readonly name: string;
  readonly type: string;
  readonly from: Column<Value>;
}

export interface SumColumn<Value> {
  readonly name: string;
  readonly is: Aggregate<string>["is"];
  /** Absent for a count. */
  readonly from: Column<Value> | undefined;
}

export interface Kept<Value> {
  readonly table: string;
  readonly keys: readonly KeyColumn<Value>[];
  readonly sums: readonly SumColumn<Value>[];
  readonly partitioned: boolean;
  readonly rows: RowColumns<Value>;
}

interface Cell {
  readonly key: readonly (string | number | boolean)[];
  /** In the order of the sums; null where nothing is moved to. */
  readonly values: (string | number | null)[];
  isRecounted: boolean;
}

/** What a batch moves between the cells; one that comes to nothing is left alone. */
function cellsOf<Value>(kept: Kept<Value>, changes: readonly Change<Value>[]): Cell[] {
  const cells = new Map<string, Cell>();
  const cellOf = (row: Row<Value> | undefined): Cell | undefined => {
    const key = row && keyOf(kept, row);
    if (!key) return undefined;
    const name = key.length === 1 ? String(key[0]) : JSON.stringify(key);
    let found = cells.get(name);
    if (!found) {
      found = { key, values: kept.sums.map((sum) => (isExtreme(sum) ? null : 0)), isRecounted: false };
      cells.set(name, found);
    }
    return found;
  };
  for (const { before, after } of changes) {
    const left = cellOf(before);
    const entered = cellOf(after);
    for (const [index, sum] of kept.sums.entries()) {
      if (isExtreme(sum)) moveExtreme(sum, index, { before, after, left, entered });
      else {
        if (left && before) left.values[index] = (left.values[index] as number) - amountOf(sum, before);
        if (entered) entered.values[index] = (entered.values[index] as number) + amountOf(sum, after);
      }
    }
  }
  return [...cells.values()].filter(
    ({ values, isRecounted }) => isRecounted || values.some((value) => value !== 0 && value !== null),
  );
}

interface Moved<Value> extends Change<Value> {
  readonly left: Cell | undefined;
  readonly entered: Cell | undefined;
}

function moveExtreme<Value>(sum: SumColumn<Value>, index: number, moved: Moved<Value>): void {
  const { before, after, left, entered } = moved;
  const was = left && before ? extremeOf(sum, before) : null;
  const is = entered ? extremeOf(sum, after) : null;
  if (left === entered && was === is) return;
  // Only Postgres knows the order of texts.
  const isText = sum.from?.type === "text";
  if (left && was !== null && (isText || left !== entered || is === null || isPast(sum, was, is)))
    left.isRecounted = true;
  if (!entered || is === null) return;
  if (isText) {
    entered.isRecounted = true;
    return;
  }
  const known = entered.values[index] as string | number | null;
  if (known === null || isPast(sum, is, known)) entered.values[index] = is;
}

/** Whether the one counts where there are both. Times are printed so that their texts have their order. */
function isPast<Value>({ is }: SumColumn<Value>, one: string | number, other: string | number): boolean {
  return is === "greatest" ? one > other : one < other;
}

export function isExtreme({ is }: Pick<SumColumn<never>, "is">): boolean {
  return is === "greatest" || is === "least";
}

function extremeOf<Value>({ from }: SumColumn<Value>, row: Row<Value>): string | number | null {
  return (from?.of(row) ?? null) as string | number | null;
}

function amountOf<Value>({ from }: SumColumn<Value>, row: Row<Value>): number {
  return from ? ((from.of(row) ?? 0) as number) : 1;
}

/** Undefined where the row counts nowhere. */
function keyOf<Value>(
  { keys, rows }: Kept<Value>,
  row: Row<Value>,
): (string | number | boolean)[] | undefined {
  if (rows.deletedOf?.(row)) return undefined;
  const key = keys.map(({ from }) => from.of(row));
  return key.includes(null) ? undefined : (key as (string | number | boolean)[]);
}

/** Values of `counting`, and the keys to recount; see Sums. */
export function movedBy<Value>(kept: Kept<Value>, changes: readonly Change<Value>[]) {
  const cells = cellsOf(kept, changes);
  const values: Record<string, unknown> = {};
  for (const [index, { name, type }] of kept.keys.entries()) {
    values[`cells.${name}`] = printedArray(
      { type: type as Column<Value>["type"], nullable: false },
      cells.map(({ key }) => key[index] as string),
    );
  }
  for (const [index, sum] of kept.sums.entries()) {
    values[`cells.${sum.name}`] = printedArray(
      { type: sum.from?.type ?? "bigint", nullable: isExtreme(sum) },
      cells.map((cell) => cell.values[index] as number),
    );
  }
  return {
    values,
    recounted: cells.filter(({ isRecounted }) => isRecounted).map(({ key }) => String(key[0])),
  };
}
