// Rows by id, as readers get them. Lookups asked for in the same turn of the event loop share one statement.
import { Failure } from "@millrace/platform/failure";
import { postgresFailure } from "@millrace/platform/postgres";

/** A row as readers get it. */
export interface FoundRow {
  readonly version: number;
  /** A deleted row is found still, so that a wait for its deletion can end. */
  readonly deleted: boolean;
  /** JSON text; null where it is larger than a lookup takes: ask for the `whole` row. */
  readonly document: string | null;
}

export interface WholeRow extends FoundRow {
  readonly document: string;
}

export interface RowLookup {
  /** Undefined where there is no such row. @throws Failure `postgres_unavailable`, `overloaded` past the bound. */
  find(id: string): Promise<FoundRow | undefined>;
  /** The row alone, however large it is. @throws Failure `postgres_unavailable` */
  whole(id: string): Promise<WholeRow | undefined>;
}

/** Bytes of a document that lookups take: with it a statement answers 3 MB at most, and usual ones have a twentieth. */
const DOCUMENT_BYTES_MAX = 16_384;
/** Nothing that Postgres keeps in a column is larger. */
const ANY_BYTES = 2_147_483_647;

/** Ids in one statement: past this, a larger statement no longer saves per row. */
const BATCH_MAX = 200;
/** Statements under way at once; while they run, more lookups gather for the next. */
const FLIGHTS_MAX = 4;
/** Lookups that may wait: half a second's work, past it an answer would come too late to be of use. */
const QUEUE_MAX = 10_000;

interface Waiting {
  readonly id: string;
  readonly resolve: (row: FoundRow | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/** Documents of more bytes come as null. */
type SelectRows = (
  ids: string[],
  documentBytesMax: number,
) => Promise<readonly (FoundRow & { readonly id: string })[]>;

/** `onRead` hears how many ids each statement asked for. */
export function createRowLookup(select: SelectRows, onRead: (ids: number) => void = () => {}): RowLookup {
  let queue: Waiting[] = [];
  let flights = 0;
  let scheduled = false;

  const schedule = () => {
    if (scheduled || flights >= FLIGHTS_MAX) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      while (flights < FLIGHTS_MAX && queue.length > 0) void fly(takeBatch());
    });
  };

  const takeBatch = () => {
    const batch = queue.slice(0, BATCH_MAX);
    queue = queue.length > BATCH_MAX ? queue.slice(BATCH_MAX) : [];
    return batch;
  };

  const fly = async (batch: readonly Waiting[]) => {
    flights++;
    await answer(batch, select, onRead);
    flights--;
    if (queue.length > 0) schedule();
  };

  return {
    find(id) {
      if (!canBeText(id)) return Promise.resolve(undefined);
      if (queue.length >= QUEUE_MAX) {
        return Promise.reject(new Failure("overloaded", `${QUEUE_MAX} lookups are waiting already`, true));
      }
      return new Promise((resolve, reject) => {
        queue.push({ id, resolve, reject });
        schedule();
      });
    },
    async whole(id) {
      if (!canBeText(id)) return undefined;
      try {
        return (await select([id], ANY_BYTES))[0] as WholeRow | undefined;
      } catch (error) {
        throw postgresFailure("looking a row up", error);
      }
    },
  };
}

/** Settles every lookup of the batch. */
async function answer(batch: readonly Waiting[], select: SelectRows, onRead: (ids: number) => void) {
  try {
    const ids = new Set(batch.map((waiting) => waiting.id));
    onRead(ids.size);
    const rows = new Map((await select([...ids], DOCUMENT_BYTES_MAX)).map((row) => [row.id, row]));
    for (const waiting of batch) waiting.resolve(rows.get(waiting.id));
  } catch (error) {
    const failure = postgresFailure("looking rows up", error);
    for (const waiting of batch) waiting.reject(failure);
  }
}

/** Nothing that Postgres can't take as text is the id of a row; asked for, it would fail its whole batch. */
export function canBeText(id: string): boolean {
  return !id.includes("\0") && id.isWellFormed();
}
