// When the system has come to rest: nothing under way anywhere, so that what is not there now is missing.

import { topicOffsets } from "@millrace/kafka/admin";
import { shop } from "@millrace/shop/shop";
import { eventually } from "@millrace/testing/eventually";
import type { System } from "../system/system.ts";

/** After the worst of faults: a session timeout, a stalled client and a backlog, one after the other. */
const QUIET_WITHIN_MS = 180_000;

/** Resolves with the milliseconds that it took. @throws what is still under way after the bound. */
export async function quiet(system: System, withinMs = QUIET_WITHIN_MS): Promise<number> {
  const startedAt = performance.now();
  await eventually(
    async () => {
      const first = await underWay(system);
      if (first.length > 0) throw new Error(`not at rest: ${first.join("; ")}`);
      // A payment between its task and its event is nowhere for a moment; so it is looked for twice.
      const second = await underWay(system);
      if (second.length > 0) throw new Error(`not at rest: ${second.join("; ")}`);
    },
    { withinMs, everyMs: 100 },
  );
  return performance.now() - startedAt;
}

async function underWay(system: System): Promise<string[]> {
  const { sql } = system;
  const [waiting] = await sql<Record<string, number>[]>`
    select (select count(*)::int from outbox) as "entries in the outbox",
      (select count(*)::int from relay_held) as "streams set aside",
      (select count(*)::int from process_tasks) as "process tasks",
      (select count(*)::int from webhook_deliveries where state = 'pending') as "webhooks to send",
      (select count(*)::int from submitted_commands where finished_at is null) as "submitted commands"`;
  const found = Object.entries(waiting ?? {})
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${count} ${what}`);
  const checkpoints = await sql<{ projection: string; topic: string; partition: number; offset: string }[]>`
    select projection, topic, partition, "offset" from checkpoints`;
  const highs = new Map<string, number>();
  for (const topic of new Set(checkpoints.map((checkpoint) => checkpoint.topic))) {
    for (const { partition, high } of await topicOffsets(system.client, topic)) {
      highs.set(`${topic}/${partition}`, high);
    }
  }
  for (const { projection, topic, partition, offset } of checkpoints) {
    const behind = (highs.get(`${topic}/${partition}`) ?? 0) - Number(offset);
    if (behind !== 0) found.push(`${projection} is ${behind} behind on ${topic}/${partition}`);
  }
  return [...found, ...(await intakeBehind(system))];
}

async function intakeBehind({ client }: System): Promise<string[]> {
  const admin = client.admin();
  await admin.connect();
  try {
    const highs = await admin.fetchTopicOffsets(shop.kafkaNames.commandsTopic);
    const [group] = await admin.fetchOffsets({
      groupId: "command-api",
      topics: [shop.kafkaNames.commandsTopic],
    });
    const at = new Map(group?.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
    return highs
      .filter(({ partition, high }) => Number(high) > Math.max(at.get(partition) ?? 0, 0))
      .map(
        ({ partition, high }) => `the intake is at ${at.get(partition)} of ${high} on partition ${partition}`,
      );
  } finally {
    await admin.disconnect();
  }
}

/** Parked records; without poison there are none. */
export async function parked({ sql }: Pick<System, "sql">): Promise<string[]> {
  const rows = await sql<{ projection: string; key: string; kind: string; cause: string }[]>`
    select projection, key, kind, cause from dead_letters order by id`;
  return rows.map((row) => `${row.projection} parked ${row.key} (${row.kind}): ${row.cause}`);
}
