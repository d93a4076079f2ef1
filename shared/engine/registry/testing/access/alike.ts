// Whether another's thing is answered in the words of what does not exist. Only tests import it.
import { expect } from "bun:test";
import { NOTHING, THINGS, type Told, withoutIds } from "./stage.ts";

/** Ids of things that are not the owner's, or not there any more. */
export const HIDDEN = [THINGS.others.id, THINGS.shops.id, THINGS.deleted.id];

/** All are answered in equal words; `ask` is called once for each id. */
export async function alike(what: object, ask: (id: string) => Promise<Told>): Promise<Told> {
  const told = await Promise.all([NOTHING, ...HIDDEN].map(async (id) => withoutIds(await ask(id), id)));
  const [none, ...hidden] = told as [Told, ...Told[]];
  for (const [index, each] of hidden.entries()) {
    expect({ ...what, id: HIDDEN[index], ...each }).toEqual({ ...what, id: HIDDEN[index], ...none });
  }
  return none;
}
