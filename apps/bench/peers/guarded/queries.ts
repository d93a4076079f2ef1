// Answers reads, and says how many orders can be read.
import { createOrderLookup } from "@millrace/read-models/orders/queries";
import { parseRowsChanged, ROWS_CHANNEL } from "@millrace/read-models/row-changes";
import { ready } from "../parts/part.ts";
import { connect, type Row } from "../parts/rows.ts";
import { createReads, readRoutes } from "../parts/serve.ts";

const [databaseUrl = "", port = "0"] = process.argv.slice(2);
const sql = connect(databaseUrl, 3);

const lookup = createOrderLookup(sql);

const reads = createReads(async (ids) => {
  const rows = await Promise.all(ids.map((id) => lookup.find(id)));
  return rows.flatMap((row, index): Row[] =>
    row ? [{ id: ids[index] as string, document: row.document }] : [],
  );
});

await sql.listen(ROWS_CHANNEL, (payload) => {
  const { changes } = parseRowsChanged(payload);
  if (!changes) return reads.lookAgain().catch(console.error);
  const whole = changes.flatMap(({ id, row }) => (row ? { id, document: row.document } : []));
  reads.tell(whole);
  if (whole.length < changes.length) reads.lookAgain(changes.map(({ id }) => id)).catch(console.error);
});

const count = async () => {
  const [row] = await sql`select coalesce(sum(orders), 0)::int as orders from order_stats`;
  return row?.orders;
};
Bun.serve({ hostname: "127.0.0.1", port: Number(port), routes: readRoutes(reads, count) });
ready();
