// What the parts answer over HTTP: flow A's order, and a read that waits for it.
import type { Row } from "./rows.ts";

const WAIT_MAX_MS = 5_000;

export interface Order {
  readonly id: string;
  readonly customer: string;
  readonly items: readonly string[];
}

/** `POST /orders`: answers once it is kept. */
export function taking(keep: (order: Order) => Promise<void>) {
  return async (request: Request): Promise<Response> => {
    const { customer, items } = (await request.json()) as { customer?: unknown; items?: unknown };
    if (typeof customer !== "string" || !areTexts(items)) {
      return Response.json({ error: "customer and items are required" }, { status: 422 });
    }
    const id = Bun.randomUUIDv7();
    await keep({ id, customer, items });
    return Response.json({ id, status: "CREATED" }, { status: 201 });
  };
}

/** As it is kept. */
export function rowOf(order: Order): Row {
  return { id: order.id, document: JSON.stringify({ ...order, status: "CREATED" }) };
}

export interface Reads {
  /** Rows that can be read now. */
  tell(rows: readonly Row[]): void;
  /** `GET /orders/:id`, at once or as soon as it is told. */
  answer(id: string): Promise<Response>;
}

/** `find` answers those rows that are there. */
export function createReads(find: (ids: readonly string[]) => Promise<readonly Row[]>): Reads {
  const waiting = new Map<string, (document: string) => void>();
  const read = async (id: string): Promise<string | undefined> => {
    const told = new Promise<string>((resolve) => {
      waiting.set(id, resolve);
    });
    const [row] = await find([id]);
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

/** `GET /orders/:id`, and `GET /count` of the orders that can be read. */
export function readRoutes(reads: Reads, count: () => number) {
  return {
    "/orders/:id": ({ params: { id } }: { params: { id: string } }) => reads.answer(id),
    "/count": () => Response.json({ orders: count() }),
  };
}

function areTexts(given: unknown): given is readonly string[] {
  return Array.isArray(given) && given.every((one) => typeof one === "string");
}
