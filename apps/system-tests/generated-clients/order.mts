// An order's life by the clients that @hey-api/openapi-ts generates: run.sh copies this beside them, has tsc check it, and
// runs it. So a field that the document names wrongly is a type error here, and one that is missing fails as it runs.
import { ok, deepStrictEqual as same } from "node:assert";
import { createClient } from "./command/client/index.ts";
import { patchOrdersById, postOrders } from "./command/sdk.gen.ts";
import { createClient as createQueryClient } from "./query/client/index.ts";
import { getOrders, getOrdersById } from "./query/sdk.gen.ts";

// biome-ignore lint/style/noProcessEnv: as a program of somebody else, which has no configuration of ours
const { API_KEY: auth = "", COMMAND_API_URL = "", QUERY_API_URL = "" } = process.env;
const command = createClient({ baseUrl: COMMAND_API_URL, auth });
const query = createQueryClient({ baseUrl: QUERY_API_URL, auth });
const customer = `generated-${crypto.randomUUID()}`;

/** An order that was created or changed is read back at the version that the answer's ETag names. */
function versionOf(response: Response | undefined): number {
  return Number(response?.headers.get("etag")?.replaceAll('"', ""));
}

const create = () =>
  postOrders({
    client: command,
    body: { customer, items: ["pen", "notebook"] },
    headers: { "Idempotency-Key": customer },
  });
const created = await create();
ok(created.data, JSON.stringify(created.error));
const { id, status } = created.data;
same([created.response.status, status satisfies "CREATED" | "pending"], [201, "CREATED"]);
const again = await create();
same([again.data?.id, again.response.headers.get("idempotency-replayed")], [id, "true"]);

const read = await getOrdersById({
  client: query,
  path: { id },
  query: { minVersion: versionOf(created.response) },
});
ok(read.data, JSON.stringify(read.error));
const lines: { name: string; quantity: number }[] = read.data.lines;
same([read.data.customer, lines.map(({ name }) => name)], [customer, ["pen", "notebook"]]);

const listed = await getOrders({ client: query, query: { customer, status: "CREATED", limit: 10 } });
same(
  listed.data?.map((order) => order.id),
  [id],
);

const shipped = await patchOrdersById({
  client: command,
  path: { id },
  body: { status: "shipped" },
  headers: { "If-Match": `"${read.data.version}"` },
});
same(shipped.data && { ...shipped.data }, { id, status: "SHIPPED", payment: "NONE", version: 2 });

const stale = await patchOrdersById({
  client: command,
  path: { id },
  body: { status: "delivered" },
  headers: { "If-Match": '"1"' },
});
same([stale.response.status, stale.error?.status], [412, 412]);
const wrong = await postOrders({ client: command, body: { customer: "", items: [] } });
same(wrong.response.status, 422);
ok(wrong.error?.errors?.some((error) => "pointer" in error && error.pointer === "/customer"));
const missing = await getOrdersById({ client: query, path: { id: `none-${id}` } });
same([missing.response.status, missing.error?.code], [404, "order_not_found"]);

console.log(
  "ok      a client of @hey-api/openapi-ts creates, reads, lists and changes an order, and is refused",
);
