// What a guest's link lets its holder do, by every route. Only tests import it.
import { expect, test } from "bun:test";
import { createGuestLinks } from "@millrace/access/guest-links";
import type { Shop } from "@millrace/registry/define-shop";
import { codeOf, familyOf, filled, guardedIn, named, ofOne } from "./asking.ts";
import { waysOf } from "./samples.ts";
import { GUEST_SECRET, guestOf, NOTHING, type Stage, THINGS, withoutIds } from "./stage.ts";

export function proveGuests<Settings>(shop: Shop<Settings>, of: () => Stage<Settings>): void {
  test("a guest reads the one thing that the link is for, in every way, and of all others as if there were none", async () => {
    const families = shop.aggregates.map(({ plural }) => plural);
    const one = guardedIn(of()).filter(
      (each) => each.api === "queries" && ofOne(each) && each.operation["x-access"].endsWith(":read"),
    );
    for (const family of families) {
      for (const each of one) {
        for (const { query, headers } of waysOf(each)) {
          const ask = async (id: string, name: string) =>
            withoutIds(await of().ask("queries", { ...filled(each, id, query), headers }, name), id);
          const way = { ...named(each), family, query, headers };
          const guest = guestOf(family);
          if (familyOf(each) !== family) {
            expect({ ...way, ...(await ask(THINGS.own.id, guest)) }).toMatchObject({ status: 403 });
            continue;
          }
          const own = await ask(THINGS.own.id, guest);
          const clerk = await ask(THINGS.own.id, "clerk");
          expect({ ...way, status: own.status }).toEqual({ ...way, status: clerk.status });
          const none = await ask(NOTHING, guest);
          expect({ ...way, status: none.status }).toEqual({ ...way, status: 404 });
          for (const id of [THINGS.ownToo.id, THINGS.others.id, THINGS.shops.id, THINGS.deleted.id])
            expect({ ...way, ...(await ask(id, guest)) }).toEqual({ ...way, ...none });
        }
      }
    }
    const rest = guardedIn(of()).filter((each) => !one.includes(each));
    for (const family of families) {
      for (const each of rest) {
        const told = await of().ask(each.api, filled(each, THINGS.own.id), guestOf(family));
        expect({ ...named(each), family, ...codeOf(told) }).toMatchObject({ status: 403, code: "forbidden" });
      }
    }
  });

  test("a link for a guest is made by those that may share, of what is there, and of nothing else", async () => {
    const guests = createGuestLinks([GUEST_SECRET]);
    for (const { plural } of shop.aggregates.filter(({ creation }) => creation)) {
      const make = (id: string, body: unknown = {}) =>
        of().ask("commands", { method: "POST", path: `/${plural}/${id}/guest-links`, body }, "clerk");
      const made = await make(THINGS.own.id);
      expect({ plural, status: made.status }).toEqual({ plural, status: 201 });
      const { token, expiresAt } = JSON.parse(made.text) as { token: string; expiresAt: string };
      expect(guests?.read(token)).toMatchObject({ thing: { family: plural, id: THINGS.own.id } });
      expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now());
      expect(await make(NOTHING)).toMatchObject({ status: 404 });
      expect(await make("no:such~thing")).toMatchObject({ status: 404 });
      expect(await make(THINGS.own.id, { expiresInHours: 9_000 })).toMatchObject({ status: 422 });
    }
  });
}
