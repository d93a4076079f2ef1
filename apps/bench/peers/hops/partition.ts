// Makes one partition's orders readable: a durable row each, then readers are told.
import { gathered } from "./gathered.ts";
import { notify } from "./notices.ts";
import { connect, type Row, writeReadable } from "./rows.ts";

declare const self: Worker;

const [databaseUrl = ""] = process.argv.slice(2);
const sql = connect(databaseUrl, 1);

const write = gathered<readonly Row[]>(async (batches) => {
  const rows = batches.flat();
  await Promise.all([writeReadable(sql, rows), notify(sql, "readable", rows)]);
});

self.onmessage = ({ data }: MessageEvent<readonly Row[]>) => {
  write(data).catch(console.error);
};
