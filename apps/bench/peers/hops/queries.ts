// Answers reads, and says how many orders it was told of.
import { listen } from "./notices.ts";
import { ready } from "./part.ts";
import { connect, findReadable } from "./rows.ts";
import { createReads, readRoutes } from "./serve.ts";

const [databaseUrl = "", port = "0"] = process.argv.slice(2);
const sql = connect(databaseUrl, 2);
const reads = createReads((ids) => findReadable(sql, ids));
let readable = 0;

await listen(sql, "readable", (rows) => {
  readable += rows.length;
  reads.tell(rows);
});
Bun.serve({
  hostname: "127.0.0.1",
  port: Number(port),
  routes: readRoutes(reads, () => readable),
});
ready();
