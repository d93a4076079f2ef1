import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { NOBODY } from "@millrace/trail/testing/nobody";
import { dropCopies } from "./manage.ts";
import { noteEvents, openTestNotes, type TestNotes } from "./testing/test-notes.ts";

const NOTES = 1_000;

let notes: TestNotes;

beforeAll(async () => {
  notes = await openTestNotes();
  // More than one chunk.
  await notes.store(Array.from({ length: NOTES }, (_, n) => noteEvents(`o-${n}`, 3)).flat());
}, 60_000);
afterAll(() => notes?.stop());

const OwnWorker = globalThis.Worker;
afterEach(async () => {
  globalThis.Worker = OwnWorker;
  await notes.sql`update events set type = 'NoteChanged' where type = 'NotePainted'`;
});

const loaded = async () =>
  Number((await notes.sql`select count(*) as rows from next.notes where version = 3`)[0]?.rows);

// Seen to fail with one fate for all: every rebuild ended at that stream, whatever differences were accepted.
test("a stream that can't be folded is left out by name, the others are rebuilt, and that can be accepted", async () => {
  await notes.sql`update events set type = 'NotePainted' where stream = 'note-o-999' and version = 2`;
  await notes.sql`grant select on notes to public`;
  const refused = await notes.rebuild();
  expect(refused.outcome).toMatchObject({ switched: false });
  expect(refused.outcome.differences[0]).toMatchObject({
    ...{ id: "o-999", kind: "unreadable" },
    cause: expect.stringContaining('No event is called "NotePainted"'),
  });
  expect(await loaded()).toBe(NOTES - 1);
  // It can be read again: what was left out is brought in without a new load.
  await notes.sql`update events set type = 'NoteChanged' where type = 'NotePainted'`;
  const mended = await notes.rebuild({ switch: false });
  expect(mended).toMatchObject({ resumed: true, events: 0 });
  expect(await loaded()).toBe(NOTES);
  await dropCopies({ ...notes, by: NOBODY });

  await notes.sql`update events set type = 'NotePainted' where stream = 'note-o-999' and version = 2`;
  expect((await notes.rebuild({ acceptDifferences: true })).outcome.switched).toBe(true);
  const [live] = await notes.sql`
    select count(*)::int as rows, has_table_privilege('public', 'public.notes', 'select') as granted from notes`;
  expect(live).toEqual({ rows: NOTES - 1, granted: true });
  await dropCopies({ ...notes, by: NOBODY });
}, 60_000);

test("a stream that is longer than any chunk is brought in page by page", async () => {
  await notes.sql`
    insert into events (stream, version, type, schema_version, at, metadata, data)
    select 'note-long', version, case version when 1 then 'NoteCreated' else 'NoteChanged' end, 1, now(), '{}',
      ${noteEvents("long", 1)[0]?.data as string}::text::json
    from generate_series(1, 12001) as version`;
  await notes.rebuild({ switch: false });
  const [row] = await notes.sql`select version from next.notes where id = 'long'`;
  expect(row).toEqual({ version: 12_001 });
  await dropCopies({ ...notes, by: NOBODY });
  await notes.sql`delete from events where stream = 'note-long'`;
}, 60_000);

test("a thread that dies ends the rebuild, which goes on when it is asked again", async () => {
  let mortal = true;
  globalThis.Worker = class extends OwnWorker {
    constructor(...given: ConstructorParameters<typeof Worker>) {
      super(...given);
      if (mortal) this.addEventListener("message", () => this.terminate());
      mortal = false;
    }
  };
  const failed = notes.rebuild({ switch: false });
  await expect(failed).rejects.toThrow("A loader's thread died");
  await expect(failed).rejects.toMatchObject({ code: "load_failed", retryable: true });
  await notes.rebuild({ switch: false });
  expect(await loaded()).toBe(NOTES);
  await dropCopies({ ...notes, by: NOBODY });
}, 60_000);
