// What is another's is looked for no longer than what is not there, by every way that there is to ask. Only tests import it.
import { beforeAll, describe, expect, test } from "bun:test";
import { type Action, may } from "@millrace/access/may";
import type { Aggregate } from "@millrace/registry/define-aggregate";
import type { Shop } from "@millrace/registry/define-shop";
import { eventually } from "@millrace/testing/eventually";
import { familyOf, filled, named, ofOne } from "./asking.ts";
import { CONDITIONS, commandsOn } from "./commands-on.ts";
import { waysOf } from "./samples.ts";
import { OTHER, OWNER, type Stage, THINGS, type Told } from "./stage.ts";
import { statementsOf } from "./statements.ts";

/** Pairs of questions, each with things of its own: a process may know for a while what it has read once. */
const PAIRS = 25;
/** Events of each of the other's things. To read them takes some ten times as long as a refusal. */
const EVENTS = 1_500;
/** How many times as long one of a pair may seem to take in the middle of all pairs, on a machine that is busy. */
const RATIO_MAX = 3;

interface Way {
  readonly what: object;
  ask(id: string): Promise<Told>;
}

const othersThing = (pair: number) => `eve-long-${pair}`;
const nothing = (pair: number) => `non-long-${pair}`;

export function proveEqualTime<Settings>(shop: Shop<Settings>, of: () => Stage<Settings>): void {
  describe("what is another's is looked for no longer than what is not there", () => {
    beforeAll(() => lengthen(of()), 60_000);

    test("by the statements that Postgres is asked, in every way", async () => {
      const reads = readsOf(of()).flatMap(({ ways }) => ways);
      let asked = 0;
      for (const { what, ask } of [...reads, ...writesOf(of(), shop.aggregates)]) {
        const none = await statementsOf(() => ask(nothing(0)));
        const others = await statementsOf(() => ask(othersThing(0)));
        expect({ ...what, asked: others }).toEqual({ ...what, asked: none });
        asked += none.length;
      }
      expect(asked).toBeGreaterThan(0);
    }, 60_000);

    test("by the statements of what became of a command, and of a key that has an answer", async () => {
      const outcome = (id: string) =>
        statementsOf(() => of().ask("commands", { path: `/commands/${id}` }, OWNER));
      let followed = 0;
      for (const { asked } of commandsOn(shop.aggregates)) {
        const sent = { ...asked(othersThing(1)), headers: { prefer: "respond-async" } };
        const { headers } = await of().ask("commands", sent, OTHER);
        const id = Object.fromEntries(headers).location?.slice("/commands/".length);
        // Else its append may share a statement with one that is counted, which is then sent once more.
        if (id !== undefined) await ended(of(), id);
        if (id !== undefined) expect(await outcome(id)).toEqual(await outcome(Bun.randomUUIDv7()));
        followed += id === undefined ? 0 : 1;

        const used = { "idempotency-key": Bun.randomUUIDv7() };
        await of().ask("commands", { ...asked(othersThing(1)), headers: used }, OTHER);
        const statements = (id: string, key: Readonly<Record<string, string>>) =>
          statementsOf(() => of().ask("commands", { ...asked(id), headers: key }, OWNER));
        const others = await statements(othersThing(1), used);
        expect(others).toEqual(await statements(nothing(1), { "idempotency-key": Bun.randomUUIDv7() }));
      }
      expect(followed).toBeGreaterThan(0);
    }, 60_000);

    test("by the time that passes, however much has happened to it", async () => {
      const known = shop.aggregates.map((aggregate) => knownWrite(of(), aggregate));
      const writes = (await Promise.all(known)).filter((way) => way !== undefined);
      const measured = [...readsOf(of()), ...writes.map((way) => ({ what: way.what, ways: [way] }))];
      for (const { what, ways } of measured) {
        const ratios: number[] = [];
        for (let pair = 0; pair < PAIRS; pair++) {
          for (const { ask } of ways) ratios.push(await ratioOf(ask, pair));
        }
        const ratio = ratios.toSorted((one, other) => one - other)[ratios.length >> 1] ?? 0;
        const isAlike = ratio < RATIO_MAX && ratio > 1 / RATIO_MAX;
        expect({ ...what, ratio, isAlike }).toEqual({ ...what, ratio, isAlike: true });
      }
      expect(measured.length).toBeGreaterThan(writes.length);
    }, 120_000);
  });
}

/** Resolves once what became of a command that was kept for later is known. */
async function ended<Settings>(stage: Stage<Settings>, id: string): Promise<void> {
  await eventually(async () => {
    const { text } = await stage.ask("commands", { path: `/commands/${id}` }, OTHER);
    expect(JSON.parse(text).status).not.toBe("pending");
  });
}

/** By route. */
function readsOf<Settings>(
  stage: Stage<Settings>,
): { readonly what: object; readonly ways: readonly Way[] }[] {
  const customer = { role: "customer", subject: OWNER, scopes: [] } as const;
  return stage.operations
    .filter((each) => each.api === "queries" && ofOne(each))
    .filter((each) => Object.hasOwn(stage.shop.owners, familyOf(each)))
    .filter(({ operation }) => may(customer, operation["x-access"] as Action) === "own")
    .map((each) => ({
      what: named(each),
      ways: waysOf(each).map(({ query, headers }) => ({
        what: { ...named(each), query, headers },
        ask: (id) => stage.ask("queries", { ...filled(each, id, query), headers }, OWNER),
      })),
    }));
}

/** What is kept to be decided later is decided in the same way, and answered before. */
const ANSWERED_AT_ONCE = CONDITIONS.filter((headers) => !("prefer" in headers));

function writesOf<Settings>(stage: Stage<Settings>, aggregates: readonly Aggregate<Settings>[]): Way[] {
  return commandsOn(aggregates).flatMap(({ what, asked }) =>
    ANSWERED_AT_ONCE.map((headers): Way => {
      const ownKey = () => ("idempotency-key" in headers ? { "idempotency-key": Bun.randomUUIDv7() } : {});
      return {
        what: { what, headers },
        ask: (id) => stage.ask("commands", { ...asked(id), headers: { ...headers, ...ownKey() } }, OWNER),
      };
    }),
  );
}

/** One that a customer may give of what is theirs. */
async function knownWrite<Settings>(
  stage: Stage<Settings>,
  aggregate: Aggregate<Settings>,
): Promise<Way | undefined> {
  for (const way of writesOf(stage, [aggregate])) {
    if ((await way.ask(nothing(0))).status === 404) return way;
  }
  return undefined;
}

/** The other's in the time of nobody's, each the first as often as the other. */
async function ratioOf(ask: Way["ask"], pair: number): Promise<number> {
  const msOf = async (id: string) => {
    const from = performance.now();
    await ask(id);
    return performance.now() - from;
  };
  if (pair % 2 === 0) {
    const none = await msOf(nothing(pair));
    return (await msOf(othersThing(pair))) / none;
  }
  const others = await msOf(othersThing(pair));
  return others / (await msOf(nothing(pair)));
}

/** Things of the other, in every family: the first event of one, again and again. What it comes to is not asked for. */
async function lengthen<Settings>({ sql }: Stage<Settings>): Promise<void> {
  for (let pair = 0; pair < PAIRS; pair++) {
    await sql`
      insert into events (stream, version, type, schema_version, at, metadata, data)
      select replace(stream, ${OTHER}, ${othersThing(pair)}), version, type, schema_version, at, metadata, data
      from (
        select stream, n as version, type, schema_version, at, metadata, data
        from events, generate_series(1, ${EVENTS}::int) as n
        where version = 1 and stream like ${`%-${THINGS.others.id}`}
      ) as long`;
  }
}
