// What a batch moves between the counters.
import type { ExistingOrder } from "../state.ts";

export interface StatsDelta {
  readonly status: string;
  readonly payment: string;
  readonly orders: number;
  /** Minor units. */
  readonly amount: number;
}

interface Counted {
  readonly order: ExistingOrder;
}

/** One delta a cell that changed; deleted orders count nowhere, created ones come from nowhere. */
export function statsDeltas(
  changes: Iterable<{ readonly before: Counted | undefined; readonly after: Counted }>,
): StatsDelta[] {
  const cells = new Map<string, { status: string; payment: string; orders: number; amount: number }>();
  const count = ({ order }: Counted, orders: 1 | -1) => {
    if (order.deleted) return;
    const { status, payment, content } = order;
    const name = `${status} ${payment}`;
    const cell = cells.get(name) ?? { status, payment, orders: 0, amount: 0 };
    cells.set(name, cell);
    cell.orders += orders;
    cell.amount += orders * content.amount;
  };
  for (const { before, after } of changes) {
    if (before) count(before, -1);
    count(after, 1);
  }
  return [...cells.values()].filter(({ orders, amount }) => orders !== 0 || amount !== 0);
}
