// Takes orders: a durable row each, then the relay is told.
import { gathered } from "./gathered.ts";
import { notify } from "./notices.ts";
import { ready } from "./part.ts";
import { connect, type Row, writeAccepted } from "./rows.ts";
import { rowOf, taking } from "./serve.ts";

const [databaseUrl = "", port = "0"] = process.argv.slice(2);
const sql = connect(databaseUrl, 1);

/** Both are sent at once, on one connection: the notice follows the commit. */
const append = gathered<Row>(async (rows) => {
  const written = writeAccepted(sql, rows);
  notify(sql, "accepted", rows).catch(console.error);
  await written;
});

Bun.serve({
  hostname: "127.0.0.1",
  port: Number(port),
  routes: { "/orders": { POST: taking((order) => append(rowOf(order))) } },
});
ready();
