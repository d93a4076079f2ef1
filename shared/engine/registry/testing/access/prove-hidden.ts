// What is another's, in every way that there is to ask for it. Only tests import it.
import { expect, test } from "bun:test";
import type { Shop } from "@millrace/registry/define-shop";
import { eventually } from "@millrace/testing/eventually";
import { alike, HIDDEN } from "./alike.ts";
import { filled, guardedIn, isOwnOnly, named, ofOne } from "./asking.ts";
import { CONDITIONS, commandsOn } from "./commands-on.ts";
import { waysOf } from "./samples.ts";
import { type ApiOperation, OTHER, OWNER, type Stage, THINGS, type Told, withoutIds } from "./stage.ts";

export function proveHiddenReads<Settings>(of: () => Stage<Settings>): void {
  test("by every route that reads one thing, with every parameter that it has", async () => {
    const reading = guardedIn(of()).filter(
      (each) => each.api === "queries" && ofOne(each) && isOwnOnly(each),
    );
    let asked = 0;
    for (const each of reading) {
      for (const { query, headers } of waysOf(each)) {
        for (const method of ["GET", "HEAD"]) {
          const way = { ...named(each), method, query, headers };
          const told = await alike(way, (id) =>
            of().ask("queries", { ...filled(each, id, query), method, headers }, OWNER),
          );
          expect([403, 404]).toContain(told.status);
          asked++;
        }
      }
    }
    expect(asked).toBeGreaterThan(2);
  });
}

export function proveHiddenCommands<Settings>(shop: Shop<Settings>, of: () => Stage<Settings>): void {
  test("by every command, alone and among others, by its route and by its name, under every condition", async () => {
    const before = await eventsOf(of());
    const keys = counter("key");
    for (const { what, asked } of commandsOn(shop.aggregates)) {
      const underEach = CONDITIONS.map((headers) =>
        alike({ what, headers }, async (id) => {
          // Keys of their own, or the second to ask would be told of the first.
          const key = "idempotency-key" in headers ? { "idempotency-key": keys() } : {};
          const ask = () => of().ask("commands", { ...asked(id), headers: { ...headers, ...key } }, OWNER);
          const told = await ask();
          if (!("idempotency-key" in headers)) return outcomeOf(told);
          return { ...(await outcomeOf(told)), headers: [...told.headers, ...(await ask()).headers] };
        }),
      );
      await Promise.all(underEach);
    }
    expect(await eventsOf(of())).toEqual(before);

    async function outcomeOf(told: Told): Promise<Told> {
      if (told.status !== 202) return told;
      const path = Object.fromEntries(told.headers).location ?? "";
      const outcome = await eventually(async () => {
        const found = await of().ask("commands", { path }, OWNER);
        expect(found.text).not.toContain('"pending"');
        return found;
      });
      return { ...outcome, headers: [...told.headers, ...outcome.headers] };
    }
  });
}

export function proveHiddenIds<Settings>(shop: Shop<Settings>, of: () => Stage<Settings>): void {
  test("by its owner's idempotency key, and by the id of its owner's command", async () => {
    const keys = counter("word");
    for (const { what, asked, envelope } of commandsOn(shop.aggregates)) {
      await alike({ what }, async (id) => {
        const headers = { "idempotency-key": keys() };
        await of().ask("commands", { ...asked(id), headers }, OTHER);
        return of().ask("commands", { ...asked(id), headers }, OWNER);
      });
      if (!envelope) continue;
      await alike({ what, by: "envelope" }, async (id) => {
        const once = { ...asked(id), body: envelope(id, keys()) };
        await of().ask("commands", once, OTHER);
        return of().ask("commands", once, OWNER);
      });
    }
  });

  test("by the place where its owner's command is followed", async () => {
    const [creation] = of().operations.filter(
      ({ method, path }) => method === "POST" && path === "/commands",
    );
    const headers = { prefer: "respond-async" };
    const taken = await of().ask("commands", { ...filled(creation as ApiOperation, ""), headers }, OTHER);
    expect(taken.status).toBe(202);
    const place = Object.fromEntries(taken.headers).location ?? "";
    const none = await of().ask("commands", { path: `/commands/${Bun.randomUUIDv7()}` }, OWNER);
    expect(await of().ask("commands", { path: place }, OWNER)).toEqual(none);
    expect(none.status).toBe(404);
    expect(await of().ask("commands", { path: place }, OTHER)).toMatchObject({ status: 200 });
  });

  test("by its id, which nobody else can give: it is taken in the words that every taken one is", async () => {
    for (const { name, creation, reference } of shop.aggregates) {
      if (!creation) continue;
      const [word = "id"] = Object.keys(reference.words);
      const begin = (id: string) => {
        const payload = { ...(creation.example as object), [word]: id };
        const body = { type: creation.name, payload };
        return of().ask("commands", { method: "POST", path: "/commands", body }, OWNER);
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
}

function counter(word: string): () => string {
  let count = 1_000;
  return () => `${word}-${++count}`;
}

async function eventsOf<Settings>({ sql }: Stage<Settings>): Promise<unknown> {
  return sql`select stream, count(*)::int as events from events group by stream order by stream`;
}
