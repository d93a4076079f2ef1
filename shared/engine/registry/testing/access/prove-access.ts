// Every route of both APIs in every role, and another's thing in every way that there is to ask for it. All of it is made from
// what the shop and its APIs say of themselves, so that a new aggregate, route or parameter is asked about from its first
// day. Only tests import it.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Action, may } from "@millrace/access/may";
import type { Principal } from "@millrace/access/principal";
import { parametersOf } from "@millrace/http/openapi-document";
import { eventually } from "@millrace/testing/eventually";
import { codeOf, familyOf, filled, named, ofOne } from "./asking.ts";
import { CONDITIONS, commandsOn } from "./commands-on.ts";
import { proveEqualTime } from "./prove-equal-time.ts";
import { proveGuests } from "./prove-guests.ts";
import { filterValues, waysOf } from "./samples.ts";
import {
  type ApiOperation,
  NOTHING,
  OTHER,
  OWNER,
  openStage,
  principalsOf,
  type ShopToProve,
  type Stage,
  THINGS,
  type Told,
  withoutIds,
} from "./stage.ts";

const HIDDEN = [THINGS.others.id, THINGS.shops.id, THINGS.deleted.id];

export function proveAccess<Settings>(toProve: ShopToProve<Settings>): void {
  const { shop } = toProve;
  const principals = principalsOf(shop);
  let stage: Stage<Settings>;
  beforeAll(async () => {
    stage = await openStage(toProve);
  }, 60_000);
  afterAll(() => stage?.stop());

  const isOpen = ({ operation }: ApiOperation) => ["public", "signature"].includes(operation["x-access"]);
  const guarded = () => stage.operations.filter((each) => !isOpen(each));
  /** The customer's grant does not say yet whether the route keeps what is another's from them. */
  const isOwnOnly = ({ operation }: ApiOperation) =>
    may({ role: "customer", subject: OWNER, scopes: [] }, operation["x-access"] as Action) === "own";

  describe("every route", () => {
    test("that is not public answers nobody, and a stranger no more than nobody", async () => {
      expect(guarded().length).toBeGreaterThan(6);
      for (const each of guarded()) {
        for (const id of [THINGS.own.id, NOTHING]) {
          const told = await stage.ask(each.api, filled(each, id));
          const wrong = await stage.ask(each.api, filled(each, id), "stranger");
          expect({ ...named(each), ...codeOf(told) }).toEqual({
            ...named(each),
            status: 401,
            code: "credentials_required",
          });
          expect({ ...named(each), ...codeOf(wrong) }).toEqual({
            ...named(each),
            status: 401,
            code: "credentials_invalid",
          });
        }
      }
      for (const each of stage.operations.filter(isOpen)) {
        const { code } = codeOf(await stage.ask(each.api, filled(each, NOTHING)));
        expect({ ...named(each), code }).not.toMatchObject({
          code: expect.stringMatching(/^(credentials|forbidden)/),
        });
      }
    });

    test.each(principals.map((principal) => [titleOf(principal), principal] as const))(
      "answers a %s what the table says, and refuses the rest",
      async (_, principal) => {
        for (const each of guarded()) {
          const grant = may(principal, each.operation["x-access"] as Action);
          // What is read is there; what is written is not, or this would be the end of it.
          const id = each.method === "GET" ? principal.subject : NOTHING;
          const told = await stage.ask(each.api, filled(each, id), principal.subject);
          const answer = { ...named(each), grant, ...codeOf(told) };
          expect(answer).not.toMatchObject({ status: 500 });
          expect(answer).not.toMatchObject({ status: 401 });
          if (grant === "none") {
            expect(answer).toMatchObject({ status: 403, code: "forbidden" });
            const others = await stage.ask(each.api, filled(each, THINGS.shops.id), principal.subject);
            expect({ ...named(each), ...others }).toEqual({ ...named(each), ...told });
          }
          if (grant === "all") expect(answer).not.toMatchObject({ status: 403 });
        }
      },
    );

    test("by which a customer reads one thing shows them their own", async () => {
      const shown = guarded().filter((each) => each.method === "GET" && ofOne(each) && isOwnOnly(each));
      for (const each of shown.filter((one) => Object.hasOwn(shop.owners, familyOf(one)))) {
        const own = await stage.isOwn(familyOf(each), OWNER);
        const { status } = await stage.ask(each.api, filled(each, OWNER), OWNER);
        expect({ ...named(each), own, status }).toEqual({ ...named(each), own, status: own ? 200 : 404 });
      }
    });
  });

  proveGuests(shop, () => stage);

  describe("what is another's is told as what is not there", () => {
    /** Both answers in equal words; `ask` is called once for each of them. */
    async function alike(what: object, ask: (id: string) => Promise<Told>): Promise<Told> {
      const told = await Promise.all([NOTHING, ...HIDDEN].map(async (id) => withoutIds(await ask(id), id)));
      const [none, ...hidden] = told as [Told, ...Told[]];
      for (const [index, each] of hidden.entries()) {
        expect({ ...what, id: HIDDEN[index], ...each }).toEqual({ ...what, id: HIDDEN[index], ...none });
      }
      return none;
    }

    test("by every route that reads one thing, with every parameter that it has", async () => {
      const reading = guarded().filter((each) => each.api === "queries" && ofOne(each) && isOwnOnly(each));
      let asked = 0;
      for (const each of reading) {
        for (const { query, headers } of waysOf(each)) {
          for (const method of ["GET", "HEAD"]) {
            const way = { ...named(each), method, query, headers };
            const told = await alike(way, (id) =>
              stage.ask("queries", { ...filled(each, id, query), method, headers }, OWNER),
            );
            expect([403, 404]).toContain(told.status);
            asked++;
          }
        }
      }
      expect(asked).toBeGreaterThan(2);
    });

    test("by every command, alone and among others, by its route and by its name, under every condition", async () => {
      const before = await eventsOf(stage);
      const keys = counter("key");
      for (const { what, asked } of commandsOn(shop.aggregates)) {
        const underEach = CONDITIONS.map((headers) =>
          alike({ what, headers }, async (id) => {
            // Keys of their own, or the second to ask would be told of the first.
            const key = "idempotency-key" in headers ? { "idempotency-key": keys() } : {};
            const ask = () => stage.ask("commands", { ...asked(id), headers: { ...headers, ...key } }, OWNER);
            const told = await ask();
            if (!("idempotency-key" in headers)) return outcomeOf(told);
            return { ...(await outcomeOf(told)), headers: [...told.headers, ...(await ask()).headers] };
          }),
        );
        await Promise.all(underEach);
      }
      expect(await eventsOf(stage)).toEqual(before);

      async function outcomeOf(told: Told): Promise<Told> {
        if (told.status !== 202) return told;
        const path = Object.fromEntries(told.headers).location ?? "";
        const outcome = await eventually(async () => {
          const found = await stage.ask("commands", { path }, OWNER);
          expect(found.text).not.toContain('"pending"');
          return found;
        });
        return { ...outcome, headers: [...told.headers, ...outcome.headers] };
      }
    });

    test("by its owner's idempotency key, and by the id of its owner's command", async () => {
      const keys = counter("word");
      for (const { what, asked, envelope } of commandsOn(shop.aggregates)) {
        await alike({ what }, async (id) => {
          const headers = { "idempotency-key": keys() };
          await stage.ask("commands", { ...asked(id), headers }, OTHER);
          return stage.ask("commands", { ...asked(id), headers }, OWNER);
        });
        if (!envelope) continue;
        await alike({ what, by: "envelope" }, async (id) => {
          const once = { ...asked(id), body: envelope(id, keys()) };
          await stage.ask("commands", once, OTHER);
          return stage.ask("commands", once, OWNER);
        });
      }
    });

    test("by the place where its owner's command is followed", async () => {
      const [creation] = stage.operations.filter(
        ({ method, path }) => method === "POST" && path === "/commands",
      );
      const headers = { prefer: "respond-async" };
      const taken = await stage.ask("commands", { ...filled(creation as ApiOperation, ""), headers }, OTHER);
      expect(taken.status).toBe(202);
      const place = Object.fromEntries(taken.headers).location ?? "";
      const none = await stage.ask("commands", { path: `/commands/${Bun.randomUUIDv7()}` }, OWNER);
      expect(await stage.ask("commands", { path: place }, OWNER)).toEqual(none);
      expect(none.status).toBe(404);
      expect(await stage.ask("commands", { path: place }, OTHER)).toMatchObject({ status: 200 });
    });

    test("by its id, which nobody else can give: it is taken in the words that every taken one is", async () => {
      for (const { name, creation, reference } of shop.aggregates) {
        if (!creation) continue;
        const [word = "id"] = Object.keys(reference.words);
        const begin = (id: string) => {
          const payload = { ...(creation.example as object), [word]: id };
          const body = { type: creation.name, payload };
          return stage.ask("commands", { method: "POST", path: "/commands", body }, OWNER);
        };
        const own = await begin(THINGS.ownToo.id);
        for (const id of HIDDEN) {
          expect({ name, ...withoutIds(await begin(id), id) }).toEqual({
            name,
            ...withoutIds(own, THINGS.ownToo.id),
          });
        }
      }
    });
  });

  test("a customer's lists hold what is theirs, by every filter, and page by page", async () => {
    const lists = guarded().filter(
      (each) => each.api === "queries" && each.method === "GET" && !ofOne(each) && isOwnOnly(each),
    );
    for (const each of lists) {
      const isRefused = (await stage.ask("queries", { path: each.path }, OWNER)).status === 403;
      const all = await listed(each, "clerk");
      const own = await ownIdsOf(each);
      for (const query of ["", ...filters(each, all)]) {
        const what = { ...named(each), query };
        if (isRefused) {
          const { status } = await stage.ask("queries", { path: each.path + query }, OWNER);
          expect({ ...what, status }).toEqual({ ...what, status: 403 });
          continue;
        }
        const seen = (await listed(each, OWNER, query)).map(({ id }) => id);
        const expected = (await listed(each, "clerk", query)).map(({ id }) => id).filter((id) => own.has(id));
        expect({ ...what, seen }).toEqual({ ...what, seen: expected });
      }
      if (!isRefused) expect({ ...named(each), own: own.size }).not.toMatchObject({ own: 0 });
    }
  });

  proveEqualTime(shop, () => stage);

  type Document = Readonly<Record<string, unknown>> & { readonly id: string };

  /** Page by page, one a page. */
  async function listed({ path }: ApiOperation, name: string, query = ""): Promise<Document[]> {
    const found: Document[] = [];
    for (let next: string | undefined = `${path}${query || "?"}&limit=1`.replace("?&", "?"); next; ) {
      const { status, text, headers }: Told = await stage.ask("queries", { path: next }, name);
      expect({ next, status, text: status === 200 ? "" : text }).toEqual({ next, status: 200, text: "" });
      found.push(...(JSON.parse(text) as Document[]));
      next = /<([^>]+)>/.exec(Object.fromEntries(headers).link ?? "")?.[1];
    }
    return found;
  }

  async function ownIdsOf(each: ApiOperation): Promise<Set<string>> {
    const ids = Object.values(THINGS).map(({ id }) => id);
    const own = await Promise.all(ids.map((id) => stage.isOwn(familyOf(each), id)));
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
}

function titleOf({ role, subject }: Principal): string {
  return role === subject ? role : `${role} ${subject}`;
}

function counter(word: string): () => string {
  let count = 1_000;
  return () => `${word}-${++count}`;
}

async function eventsOf<Settings>({ sql }: Stage<Settings>): Promise<unknown> {
  return sql`select stream, count(*)::int as events from events group by stream order by stream`;
}
