import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import { connectPostgres, type Sql } from "@millrace/platform/postgres";
import { testStack } from "@millrace/testing/stack";
import { type Head, hashOf, parseHead, printHead } from "./entry.ts";
import { entriesAfter } from "./list.ts";
import { recordAct } from "./record.ts";
import { NOBODY } from "./testing/nobody.ts";
import { verifyTrail } from "./verify.ts";

let database: { readonly url: string; drop(): Promise<void> };
let sql: Sql;

beforeAll(async () => {
  database = await (await testStack()).freshDatabase();
  sql = connectPostgres({ url: database.url, name: "trail-test", connectionsMax: 8 }).sql;
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});
beforeEach(() => asOwner((tx) => tx`truncate trail`));

/** What somebody can do who may do anything in the database: first they go round the triggers. */
function asOwner(work: (tx: Parameters<Parameters<Sql["begin"]>[1]>[0]) => Promise<unknown>) {
  return sql.begin(async (tx) => {
    await tx`set local session_replication_role = replica`;
    await work(tx);
  });
}

async function record(count: number): Promise<Head> {
  for (let n = 1; n < count; n++) await recordOne(n);
  return recordOne(count);
}

function recordOne(n: number): Promise<Head> {
  const act = { name: "key.revoke", target: `key-${n}`, details: { n } } as const;
  return sql.begin((tx) => recordAct(tx, NOBODY, act));
}

/** Changes an entry as a forger does who knows how entries are hashed, and leaves those after it alone. */
async function forge(position: number, target: string): Promise<void> {
  const [before, forged] = await entriesAfter(sql, position - 2, 2);
  if (!before || !forged) throw new Error("forge what has an entry before it");
  const hash = hashOf(before.hash, { ...forged, target });
  await asOwner(
    (tx) =>
      tx`update trail set target = ${target}, hash = decode(${hash}, 'hex') where position = ${position}`,
  );
}

test("a trail that nobody has touched is whole, and its head is the last entry's", async () => {
  expect(await verifyTrail(sql)).toMatchObject({ is: "whole", head: { position: 0 } });
  const head = await record(450);
  expect(await verifyTrail(sql)).toEqual({ is: "whole", head });
  expect(await verifyTrail(sql, head)).toEqual({ is: "whole", head });
  expect(parseHead(printHead(head))).toEqual(head);
}, 60_000);

test.each(["actor", "authn", "origin", "act", "target", "login"])("a changed %s is found", async (column) => {
  await record(3);
  await asOwner((tx) => tx`update trail set ${tx(column)} = 'somebody else' where position = 2`);
  expect(await verifyTrail(sql)).toMatchObject({ is: "broken", position: 2 });
});

test("a changed time and changed details are found", async () => {
  await record(3);
  await asOwner((tx) => tx`update trail set at = at + interval '1 ms' where position = 3`);
  expect(await verifyTrail(sql)).toMatchObject({ is: "broken", position: 3 });
  await asOwner((tx) => tx`update trail set details = '{"n": 1}' where position = 1`);
  expect(await verifyTrail(sql)).toMatchObject({ is: "broken", position: 1 });
});

test("an entry that was changed and hashed anew is found by the one after it", async () => {
  await record(4);
  await forge(2, "key-9");
  expect(await verifyTrail(sql)).toMatchObject({ is: "broken", position: 3 });
});

test("an entry that was removed is found, and so is one whose place was closed up", async () => {
  await record(5);
  await asOwner((tx) => tx`delete from trail where position = 3`);
  expect(await verifyTrail(sql)).toMatchObject({ is: "broken", position: 3, cause: "entry 3 is missing" });
  await asOwner(async (tx) => {
    await tx`update trail set position = 3 where position = 4`;
    await tx`update trail set position = 4 where position = 5`;
  });
  expect(await verifyTrail(sql)).toMatchObject({ is: "broken", position: 3 });
});

test("a first entry that was removed is found", async () => {
  await record(3);
  await asOwner((tx) => tx`delete from trail where position = 1`);
  expect(await verifyTrail(sql)).toMatchObject({ is: "broken", position: 1 });
});

test("two entries that changed places are found", async () => {
  await record(4);
  await asOwner(async (tx) => {
    await tx`update trail set position = 99 where position = 2`;
    await tx`update trail set position = 2 where position = 3`;
    await tx`update trail set position = 3 where position = 99`;
  });
  expect(await verifyTrail(sql)).toMatchObject({ is: "broken", position: 2 });
});

test("entries cut off at the end are found by a head that was noted, and by nothing else", async () => {
  const noted = await record(5);
  await asOwner((tx) => tx`delete from trail where position >= 4`);
  expect(await verifyTrail(sql)).toMatchObject({ is: "whole", head: { position: 3 } });
  expect(await verifyTrail(sql, noted)).toMatchObject({ is: "broken", position: 4 });
  // Others in their place don't hide it.
  await record(3);
  expect(await verifyTrail(sql, noted)).toMatchObject({ is: "broken", position: 5 });
});

test("a chain hashed anew to its end is found by a head that was noted, and by nothing else", async () => {
  const noted = await record(3);
  await forge(3, "key-9");
  expect(await verifyTrail(sql)).toMatchObject({ is: "whole" });
  expect(await verifyTrail(sql, noted)).toMatchObject({ is: "broken", position: 3 });
});

test("no role changes, deletes or empties entries", async () => {
  await record(2);
  await expect(sql`update trail set actor = 'x'`.execute()).rejects.toThrow("append-only");
  await expect(sql`delete from trail where position = 2`.execute()).rejects.toThrow("append-only");
  await expect(sql`truncate trail`.execute()).rejects.toThrow("append-only");
  expect(await verifyTrail(sql)).toMatchObject({ is: "whole", head: { position: 2 } });
});

test("acts at once, some of them undone, leave one chain without gaps", async () => {
  const acts = Array.from({ length: 40 }, (_, n) =>
    sql.begin(async (tx) => {
      await recordAct(tx, NOBODY, { name: "key.revoke", target: `key-${n}` });
      if (n % 4 === 0) throw new Error("undone");
    }),
  );
  const undone = (await Promise.allSettled(acts)).flatMap((act) =>
    act.status === "rejected" ? act.reason : [],
  );
  expect(undone.map((error) => error.message)).toEqual(Array.from({ length: 10 }, () => "undone"));
  expect(await verifyTrail(sql)).toMatchObject({ is: "whole", head: { position: 30 } });
});

test("an entry holds any text as it is read again, and no more than its bound", async () => {
  const texts = [
    "nul \0 and \ud800",
    "\u00e9 and e\u0301",
    `"quoted", \\`,
    "x".repeat(10_000),
    "\ud83d\ude00".repeat(400),
  ];
  for (const text of texts)
    await sql.begin((tx) =>
      recordAct(tx, { ...NOBODY, actor: text }, { name: "key.revoke", target: text, details: { text } }),
    );
  expect(await verifyTrail(sql)).toMatchObject({ is: "whole", head: { position: texts.length } });
  const kept = await entriesAfter(sql, 0, 10);
  expect(Math.max(...kept.map(({ target }) => target.length))).toBe(500);
  expect(kept[3]?.details).toContain("leftOut");
});
