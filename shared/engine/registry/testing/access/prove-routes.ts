// Every route of both APIs, asked by nobody, by a stranger and in every role. Only tests import it.
import { describe, expect, test } from "bun:test";
import { type Action, may } from "@millrace/access/may";
import type { Principal } from "@millrace/access/principal";
import type { Shop } from "@millrace/registry/define-shop";
import { codeOf, familyOf, filled, guardedIn, isOpen, isOwnOnly, named, ofOne } from "./asking.ts";
import { NOTHING, OWNER, principalsOf, type Stage, THINGS } from "./stage.ts";

export function proveRoutes<Settings>(shop: Shop<Settings>, of: () => Stage<Settings>): void {
  const principals = principalsOf(shop);

  describe("every route", () => {
    test("that is not public answers nobody, and a stranger no more than nobody", async () => {
      expect(guardedIn(of()).length).toBeGreaterThan(6);
      for (const each of guardedIn(of())) {
        for (const id of [THINGS.own.id, NOTHING]) {
          const told = await of().ask(each.api, filled(each, id));
          const wrong = await of().ask(each.api, filled(each, id), "stranger");
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
      for (const each of of().operations.filter(isOpen)) {
        const { code } = codeOf(await of().ask(each.api, filled(each, NOTHING)));
        expect({ ...named(each), code }).not.toMatchObject({
          code: expect.stringMatching(/^(credentials|forbidden)/),
        });
      }
    });

    test.each(principals.map((principal) => [titleOf(principal), principal] as const))(
      "answers a %s what the table says, and refuses the rest",
      async (_, principal) => {
        for (const each of guardedIn(of())) {
          const grant = may(principal, each.operation["x-access"] as Action);
          // What is read is there; what is written is not, or this would be the end of it.
          const id = each.method === "GET" ? principal.subject : NOTHING;
          const told = await of().ask(each.api, filled(each, id), principal.subject);
          const answer = { ...named(each), grant, ...codeOf(told) };
          expect(answer).not.toMatchObject({ status: 500 });
          expect(answer).not.toMatchObject({ status: 401 });
          if (grant === "none") {
            expect(answer).toMatchObject({ status: 403, code: "forbidden" });
            const others = await of().ask(each.api, filled(each, THINGS.shops.id), principal.subject);
            expect({ ...named(each), ...others }).toEqual({ ...named(each), ...told });
          }
          if (grant === "all") expect(answer).not.toMatchObject({ status: 403 });
        }
      },
    );

    test("by which a customer reads one thing shows them their own", async () => {
      const shown = guardedIn(of()).filter((each) => each.method === "GET" && ofOne(each) && isOwnOnly(each));
      for (const each of shown.filter((one) => Object.hasOwn(shop.owners, familyOf(one)))) {
        const own = await of().isOwn(familyOf(each), OWNER);
        const { status } = await of().ask(each.api, filled(each, OWNER), OWNER);
        expect({ ...named(each), own, status }).toEqual({ ...named(each), own, status: own ? 200 : 404 });
      }
    });
  });
}

function titleOf({ role, subject }: Principal): string {
  return role === subject ? role : `${role} ${subject}`;
}
