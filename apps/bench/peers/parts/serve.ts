// What `bare` and `hops` answer over HTTP: flow A's order, and a read that waits for it.
import type { Sql } from "@millrace/platform/postgres";
import type { Row } from "./rows.ts";

const WAIT_MAX_MS = 5_000;

/** `POST /orders`: answers once it is kept. */
export function taking(keep: (row: Row) => Promise<void>) {
  return async (request: Request): Promise<Response> => {
    const { customer, items } = (await request.json()) as { customer?: unknown; items?: unknown };
    if (typeof customer !== "string" || !Array.isArray(items)) {
      return Response.json({ error: "customer and items are required" }, { status: 422 });
    }
    const id = Bun.randomUUIDv7();
    await keep({ id, document: JSON.stringify({ id, customer, items, status: "CREATED" }) });
    return Response.json({ id, status: "CREATED" }, { status: 201 });
  };
}

export interface Reads {
  /** Rows that can be read now. */
  tell(rows: readonly Row[]): void;
  /** `GET /orders/:id`, at once or as soon as it is told. */
  answer(id: string): Promise<Response>;
}

export function createReads(sql: Sql): Reads {
  const waiting = new Map<string, (document: string) => void>();
  const read = async (id: string): Promise<string | undefined> => {
    const told = new Promise<string>((resolve) => {
      waiting.set(id, resolve);
    });
    const [row] = await sql`select document from readable where id = ${id}`;
    const document = row ? row.document : await Promise.race([told, Bun.sleep(WAIT_MAX_MS)]);
    waiting.delete(id);
    return document ?? undefined;
  };
  return {
    tell(rows) {
      for (const { id, document } of rows) waiting.get(id)?.(document);
    },
    async answer(id) {
      const document = await read(id);
      return document === undefined ? new Response("not found", { status: 404 }) : new Response(document);
    },
  };
}
