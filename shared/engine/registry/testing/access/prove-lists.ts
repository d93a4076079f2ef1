// A customer's lists, by every filter and page by page. Only tests import it.
import { expect, test } from "bun:test";
import { parametersOf } from "@millrace/http/openapi-document";
import { familyOf, guardedIn, isOwnOnly, named, ofOne } from "./asking.ts";
import { filterValues } from "./samples.ts";
import { type ApiOperation, OWNER, type Stage, THINGS, type Told } from "./stage.ts";

export function proveLists<Settings>(of: () => Stage<Settings>): void {
  test("a customer's lists hold what is theirs, by every filter, and page by page", async () => {
    const lists = guardedIn(of()).filter(
      (each) => each.api === "queries" && each.method === "GET" && !ofOne(each) && isOwnOnly(each),
    );
    for (const each of lists) {
      const isRefused = (await of().ask("queries", { path: each.path }, OWNER)).status === 403;
      const all = await listed(of, each, "clerk");
      const own = await ownIdsOf(of, each);
      for (const query of ["", ...filters(each, all)]) {
        const what = { ...named(each), query };
        if (isRefused) {
          const { status } = await of().ask("queries", { path: each.path + query }, OWNER);
          expect({ ...what, status }).toEqual({ ...what, status: 403 });
          continue;
        }
        const seen = (await listed(of, each, OWNER, query)).map(({ id }) => id);
        const expected = (await listed(of, each, "clerk", query))
          .map(({ id }) => id)
          .filter((id) => own.has(id));
        expect({ ...what, seen }).toEqual({ ...what, seen: expected });
      }
      if (!isRefused) expect({ ...named(each), own: own.size }).not.toMatchObject({ own: 0 });
    }
  });
}

type Document = Readonly<Record<string, unknown>> & { readonly id: string };

/** Page by page, one a page. */
async function listed<Settings>(
  of: () => Stage<Settings>,
  { path }: ApiOperation,
  name: string,
  query = "",
): Promise<Document[]> {
  const found: Document[] = [];
  for (let next: string | undefined = `${path}${query || "?"}&limit=1`.replace("?&", "?"); next; ) {
    const { status, text, headers }: Told = await of().ask("queries", { path: next }, name);
    expect({ next, status, text: status === 200 ? "" : text }).toEqual({ next, status: 200, text: "" });
    found.push(...(JSON.parse(text) as Document[]));
    next = /<([^>]+)>/.exec(Object.fromEntries(headers).link ?? "")?.[1];
  }
  return found;
}

async function ownIdsOf<Settings>(of: () => Stage<Settings>, each: ApiOperation): Promise<Set<string>> {
  const ids = Object.values(THINGS).map(({ id }) => id);
  const own = await Promise.all(ids.map((id) => of().isOwn(familyOf(each), id)));
  return new Set(ids.filter((_, index) => own[index]));
}

function filters({ path, operation }: ApiOperation, documents: readonly Document[]): string[] {
  const names = parametersOf(operation)
    .filter(({ in: place, name }) => place === "query" && name !== "limit" && name !== "cursor")
    .map(({ name }) => name);
  return names.flatMap((name) =>
    filterValues(path, name, documents).map((value) => `?${name}=${encodeURIComponent(value)}`),
  );
}
