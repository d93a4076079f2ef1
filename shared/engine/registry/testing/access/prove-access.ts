// Every route of both APIs in every role, and another's thing in every way that there is to ask for it. All of it is made from
// what the shop and its APIs say of themselves, so that a new aggregate, route or parameter is asked about from its first
// day. Only tests import it.
import { afterAll, beforeAll, describe } from "bun:test";
import { proveEqualTime } from "./prove-equal-time.ts";
import { proveGuests } from "./prove-guests.ts";
import { proveHiddenCommands, proveHiddenIds, proveHiddenReads } from "./prove-hidden.ts";
import { proveLists } from "./prove-lists.ts";
import { proveRoutes } from "./prove-routes.ts";
import { openStage, type ShopToProve, type Stage } from "./stage.ts";

export function proveAccess<Settings>(toProve: ShopToProve<Settings>): void {
  const { shop } = toProve;
  let stage: Stage<Settings>;
  beforeAll(async () => {
    stage = await openStage(toProve);
  }, 60_000);
  afterAll(() => stage?.stop());
  const of = () => stage;

  proveRoutes(shop, of);
  proveGuests(shop, of);
  describe("what is another's is told as what is not there", () => {
    proveHiddenReads(of);
    proveHiddenCommands(shop, of);
    proveHiddenIds(shop, of);
  });
  proveLists(of);
  proveEqualTime(shop, of);
}
