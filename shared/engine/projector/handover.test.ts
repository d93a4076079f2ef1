import { describe, expect, test } from "bun:test";
import type { FetchedRecord } from "@millrace/kafka/received-record";
import { eventually } from "@millrace/testing/eventually";
import { createHandover } from "./handover.ts";

/** Records of which the ones named may have an effect. */
function handed(mattering: readonly number[]) {
  const given: number[][] = [];
  const handover = createHandover(
    (records) => given.push(records.map(({ offset }) => offset)),
    ({ value }) => mattering.includes(Number(value)),
  );
  const hand = (...offsets: number[]) =>
    handover.hand(
      offsets.map((offset) => ({ offset, value: String(offset) }) as FetchedRecord),
      (offsets.at(-1) ?? 0) + 1,
    );
  return { given, handover, hand };
}

describe("handing over", () => {
  test("gives those that may have an effect, and the last one, which says how far the others have come", () => {
    const { given, hand } = handed([1, 3]);
    hand(0, 1, 2, 3, 4, 5);
    hand(6, 3);
    expect(given).toEqual([[1, 3, 5], [3]]);
  });

  test("tells of records without effect in the end, all at once by the last", async () => {
    const { given, hand } = handed([]);
    hand(0, 1);
    hand(2);
    expect(given).toEqual([]);
    await eventually(() => expect(given).toEqual([[2]]));
  });

  test("tells of them no more once a later record was given, or the actor is another one", async () => {
    const { given, handover, hand } = handed([1]);
    hand(0);
    hand(1);
    hand(2);
    handover.forget();
    hand(3);
    await eventually(() => expect(given).toEqual([[1], [3]]));
  });

  test("tells how far nothing is left out, also where no record came", async () => {
    const given: [number, number][] = [];
    const handover = createHandover((records, upTo) => given.push([records.length, upTo]));
    handover.hand([], 7);
    await eventually(() => expect(given).toEqual([[0, 7]]));
  });

  test("gives all of them where nobody can tell", () => {
    const given: number[] = [];
    const handover = createHandover((records) => given.push(...records.map(({ offset }) => offset)));
    const records = [0, 1].map((offset) => ({ offset }) as FetchedRecord);
    handover.hand(records, 2);
    expect(given).toEqual([0, 1]);
  });
});
