// Several dispatchers at once on the same parcels, while parcels are called back, events come late, twice and out of time, and
// the carrier's calls get lost, hang until their lease has ended, and answer after all. Real dispatchers on a real Postgres;
// only the carrier is made up, and it keeps books.
import { expect, test } from "bun:test";
import { eventually } from "@millrace/testing/eventually";
import { onOwnDatabase } from "@millrace/testing/own-database";
import { printedRandom, randomFrom } from "@millrace/testing/seed";
import { type Carrier, openDepot } from "./testing/depot.ts";
import type { LabelAnswer } from "./testing/labels.ts";

const PARCELS = 80;
const DISPATCHERS = 3;
/** Far longer than it takes from a claim to its call on a loaded machine, so that only what hangs outlives its lease. */
const LEASE_MS = 1_500;
/** No call is given up by time: one that hangs is as good as killed there. */
const CALL_MS_MAX = 60_000;

const depot = await onOwnDatabase(openDepot);

type Random = () => number;

/** What was done to the calls under a key: each is reason for one more call, and no other is. */
interface Harm {
  lost: number;
  hung: number;
  /** Neither lost nor hung, and still called again when its lease was over: the machine took that long to store its end. */
  late: number;
}

const unharmed = (): Harm => ({ lost: 0, hung: 0, late: 0 });

/** One that loses calls, before and after their effect, and hangs in others for longer than their lease. */
function unreliable(carrier: Carrier, random: Random) {
  const harms = new Map<string, Harm>();
  /** Calls under way that are within their lease, by key. */
  const underWay = new Map<string, number>();
  const overlaps: string[] = [];
  /** When a key's last call of a kind began, where nothing was done to it. */
  const wellAt = new Map<string, number>();
  const through = async (
    key: string,
    kind: keyof Carrier,
    call: () => Promise<LabelAnswer>,
  ): Promise<LabelAnswer> => {
    const harm = harms.get(key) ?? unharmed();
    harms.set(key, harm);
    const luck = random();
    // From call to call it is less than from claim to claim by what the earlier one's claim took to its call.
    if (performance.now() - (wellAt.get(key + kind) ?? Number.POSITIVE_INFINITY) > LEASE_MS / 2) harm.late++;
    if (luck > 0.3 && luck < 0.7) wellAt.set(key + kind, performance.now());
    else wellAt.delete(key + kind);
    if ((underWay.get(key) ?? 0) > 0) overlaps.push(key);
    underWay.set(key, (underWay.get(key) ?? 0) + 1);
    // One that hangs is counted out before its lease ends: from then on another may call.
    const hangs = luck < 0.15 || luck > 0.85;
    const out = () => underWay.set(key, (underWay.get(key) ?? 0) - 1);
    const hang = async () => {
      harm.hung++;
      await Bun.sleep(LEASE_MS * 0.2);
      out();
      await Bun.sleep(LEASE_MS * (0.8 + random()));
    };
    try {
      await Bun.sleep(random() * 15);
      if (luck < 0.15) await hang();
      else if (luck < 0.3) throw new Error("connection reset before the request was sent");
      const answer = await call();
      if (luck > 0.85) await hang();
      else if (luck > 0.7) throw new Error("connection reset before the answer arrived");
      return answer;
    } catch (error) {
      harm.lost++;
      throw error;
    } finally {
      if (!hangs) out();
    }
  };
  return {
    harms,
    overlaps,
    carrier: {
      book: (key) => through(key, "book", () => carrier.book(key)),
      close: (key) => through(key, "close", () => carrier.close(key)),
    } satisfies Carrier,
  };
}

/** Packed, perhaps called back, and each event heard of late, twice or not at all before the end. */
async function live(random: Random): Promise<{ key: string; isBack: boolean }> {
  const key = await depot.pack();
  const isBack = random() < 0.4;
  const deliveries = [depot.deliver(key), depot.deliver(key)];
  await Bun.sleep(random() * 900);
  if (isBack) await depot.callBack(key);
  await Promise.all(deliveries);
  await Bun.sleep(random() * 300);
  await depot.deliver(key);
  if (random() < 0.5) await depot.deliver(key);
  return { key, isBack };
}

// Seen to fail with a key of its own for each call (labels were booked twice), with a claim that passes over leases (more calls
// than were lost or hung), and with finishTask passing over the revision (called back while it was worked on, a parcel kept
// its label).
test("however wakes, kills and late answers interleave, the calls of a key are one legal path", async () => {
  const random = printedRandom("interleavings");
  const { carrier, harms, overlaps } = unreliable(depot.carrier, random);
  for (let each = 0; each < DISPATCHERS; each++) {
    depot.dispatchLabels({
      by: carrier,
      keysMax: PARCELS,
      leaseMs: LEASE_MS,
      callMsMax: CALL_MS_MAX,
      pauseMsMax: 300,
    });
  }
  const lives = await Promise.all(
    Array.from({ length: PARCELS }, () => live(randomFrom(random() * 2 ** 31))),
  );
  await eventually(async () => expect(await depot.tasks()).toBe(0), { withinMs: 30_000 });

  const ends = new Set<string>();
  for (const { key, isBack } of lives) {
    const { booked, closed, calls } = depot.account(key);
    const harm = harms.get(`label of ${key}`) ?? unharmed();
    const label = await depot.label(key);
    const inWords = JSON.stringify({ key, isBack, booked, closed, calls, harm, label });
    const end = label.at(-1);
    expect([inWords, end]).toEqual([inWords, isBack && closed ? "LabelClosed" : end]);
    if (isBack && label.length > 0) expect([inWords, closed, end]).toEqual([inWords, true, "LabelClosed"]);
    if (!isBack) expect([inWords, booked, closed, end]).toEqual([inWords, 1, false, "LabelBooked"]);
    expect([inWords, booked <= 1]).toEqual([inWords, true]);
    // One event each, in the one order that there is: what was booked may be closed, and nothing comes after that.
    expect([
      "LabelRequested,LabelBooked",
      "LabelRequested,LabelClosed",
      "LabelRequested,LabelBooked,LabelClosed",
    ]).toContain(label.join());
    // One call that booked, one that closed, and one more for each that was lost, hung or late.
    const reasons = harm.lost + harm.hung + harm.late;
    expect([inWords, calls.length <= (isBack ? 2 : 1) + reasons]).toEqual([inWords, true]);
    ends.add(`${end}`);
  }
  expect(overlaps).toEqual([]);
  // Every way to end was met, or the test has proved less than it says.
  expect([...ends].sort()).toEqual(["LabelBooked", "LabelClosed"]);
}, 60_000);
