// For tests of a read model: its rows, on a database of the test file's own.
import type { ProjectedEvent, ReadModel } from "@millrace/read-models/read-model";
import { ownDatabase } from "@millrace/testing/own-database";

/** To be awaited at the top of a test file. `apply` gives a model one batch, in a transaction. */
export async function ownRows(model: ReadModel) {
  const { sql, db } = await ownDatabase();
  const apply = (events: readonly ProjectedEvent[]) => db.transaction((tx) => model.apply(tx, events));
  return { sql, db, apply };
}
