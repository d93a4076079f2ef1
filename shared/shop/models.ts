// The read models that can be made again from the event store, and where a second copy of each stands.

import type { Projection } from "@millrace/read-models/read-model";
import { ordersProjection } from "./order/read-model/projection.ts";
import { paymentsProjection } from "./payment/read-model/projection.ts";
import { usersProjection } from "./user/read-model/projection.ts";

export interface Model {
  readonly projection: Projection;
  /** Of the streams that it is made from. */
  readonly category: string;
  /** One row a stream, under its id. */
  readonly rows: string;
  /** Sums over those rows, kept beside them: what they must be, as a query with the table's own columns. */
  readonly sums?: {
    readonly table: string;
    readonly key: readonly string[];
    readonly counted: string;
    /** The same for each partition's rows, which is how they are kept: fills the table, column by column. */
    readonly filled: string;
  };
}

export const MODELS: readonly Model[] = [
  {
    projection: ordersProjection,
    category: "order",
    rows: "orders",
    sums: {
      table: "order_stats",
      key: ["status", "payment"],
      counted: `select status, payment, count(*)::numeric as orders, sum(amount) as amount
        from orders where not deleted group by status, payment`,
      filled: `select partition, status, payment, count(*), sum(amount)
        from orders where not deleted group by partition, status, payment`,
    },
  },
  { projection: paymentsProjection, category: "payment", rows: "payments" },
  { projection: usersProjection, category: "user", rows: "users" },
];

/** Schemas beside the live one. Storage format: they stand in migrations and in the names of checkpoints. */
export type Place = "next" | "previous";

export function tablesOf({ rows, sums }: Model): string[] {
  return sums ? [rows, sums.table] : [rows];
}

export function topicOfModel({ projection }: Model): string {
  return projection.topic;
}

/** Under which name a copy keeps its checkpoints and parks what it can't handle. */
export function nameAt(model: Model, place: Place): string {
  return `${model.projection.name}@${place}`;
}

/** Undefined where no read model has this name. */
export function findModel(name: string): Model | undefined {
  return MODELS.find((model) => model.projection.name === name);
}

/** A connection's search_path that makes the model's SQL work on the copy. */
export function searchPathOf(place: Place | "pg_temp"): string {
  return `${place}, public`;
}
