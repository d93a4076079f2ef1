// Makes one partition's orders readable: rows, counters and the checkpoint in one statement behind the fence, then
// readers are told.
import { fromRecord } from "@millrace/kafka/event-record";
import { unpackRecords } from "@millrace/kafka/received-record";
import { type Checkpoint, claimCheckpoint, fenceOf, identityOf } from "@millrace/partitions/checkpoint";
import { BY_INDEX, connectPostgres } from "@millrace/platform/postgres";
import { ordersProjection } from "@millrace/read-models/orders/projection";
import { gathered } from "../parts/gathered.ts";

declare const self: Worker;

export interface Records {
  readonly partition: number;
  /** See `packRecords`. */
  readonly packed: ArrayBuffer;
}

const [databaseUrl = "", topic = ""] = process.argv.slice(2);
const { db } = connectPostgres({ url: databaseUrl, name: "peer", connectionsMax: 1, settings: BY_INDEX });
let checkpoint: Checkpoint | undefined;

const write = gathered<Records>(async (batches) => {
  const records = batches.flatMap(({ partition, packed }) => unpackRecords(partition, packed));
  const [first, last] = [records[0], records.at(-1)];
  if (!first || !last) return;
  const key = { projection: "orders", topic, partition: first.partition };
  checkpoint ??= await claimCheckpoint(db, key, "guarded");
  const to = { offset: last.offset + 1, lastRecord: identityOf(last) };
  const events = records.map((record) => ({
    event: fromRecord(record),
    partition: record.partition,
    offset: record.offset,
  }));
  const outcome = await ordersProjection.applyAlone(db, events, fenceOf(checkpoint, to));
  if (outcome !== "applied") throw new Error(`${records.length} records are ${outcome}`);
  checkpoint = { ...checkpoint, ...to };
});

self.onmessage = ({ data }: MessageEvent<Records>) => {
  write(data).catch(console.error);
};
