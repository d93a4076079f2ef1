import { expect, test } from "bun:test";
import { createTopic } from "@millrace/kafka/admin";
import { createKafka } from "@millrace/kafka/client";
import { NO_NAMES } from "@millrace/kafka/names";
import { createLog } from "@millrace/platform/log";
import { connectPostgres } from "@millrace/platform/postgres";
import type { ReadModel } from "@millrace/read-models/read-model";
import { createNotesTable } from "@millrace/registry/testing/notes-table";
import { tinyShop } from "@millrace/registry/testing/tiny-shop/shop";
import { testStack } from "@millrace/testing/stack";
import { auditAll } from "./audit-all.ts";
import { openBench } from "./expected.ts";
import { keepFindings, keptFindings } from "./findings.ts";

// Seen to fail without the bound: it went on to the end, and forgot what it had not come to.
test("an audit of everything ends with as many findings as it names, and forgets nothing that it has not looked at", async () => {
  const stack = await testStack();
  const { url, drop } = await stack.freshDatabase();
  const { sql } = connectPostgres({ url, name: "audit-all-test", connectionsMax: 1 });
  const log = createLog("audit-all-test", "silent");
  const kafka = createKafka({ names: NO_NAMES, brokers: stack.brokers, clientId: "audit-all-test", log });
  const bench = openBench(url);
  const [notes] = tinyShop.readModels as [ReadModel];
  const topic = stack.uniqueName("note-events");
  const models = [{ ...notes, sources: notes.sources.map((source) => ({ ...source, topic })) }];
  const kept = async () => (await keptFindings(sql)).map(({ subject }) => subject);
  try {
    await createTopic(kafka, topic, 1);
    await createNotesTable(sql);
    await sql`
      insert into events (stream, version, type, schema_version, at, metadata, data)
      select 'note-' || n, 1, 'NoteCreated', 1, now() - interval '1 hour', '{"actor":"test","correlationId":"a","causationId":"b"}',
        '{"text":"milk"}'
      from generate_series(1, 3) as n`;
    await keepFindings(
      sql,
      [],
      [{ kind: "sums_wrong", subject: "of-another-table", detail: "found before" }],
    );
    await sql`update audit_findings set seen_at = now() - interval '1 day'`;
    const tools = { sql, bench, models, kafka, log };
    const cut = await auditAll(tools, () => {}, 2);
    expect(cut.hasMore).toBe(true);
    expect(cut.findings).toHaveLength(3);
    expect(await kept()).toContain("of-another-table");
    expect(await auditAll(tools, () => {})).toMatchObject({ hasMore: false });
    expect(await kept()).not.toContain("of-another-table");
  } finally {
    await Promise.all([sql.end({ timeout: 1 }), bench.end()]);
    await drop();
  }
}, 60_000);
