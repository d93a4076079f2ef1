import { describe, expect, test } from "bun:test";
import { AGE, Chart, PER_SECOND, pathOf, topOf } from "./chart.tsx";

const print = async (element: unknown) => String(await element);
const TIMES = [0, 30_000, 60_000, 90_000];
const drawn = { times: TIMES, joinedMs: 75_000 };

describe("a chart", () => {
  test("says in words and in a table what its lines show", async () => {
    const line = { name: "stored", values: [undefined, 0, 40, 12] };
    const svg = await print(<Chart id="x" title="Events" unit={PER_SECOND} lines={[line]} {...drawn} />);
    expect(svg).toContain('role="img" aria-labelledby="x-title x-desc"');
    expect(svg).toContain("stored, a second: now 12, lowest 0, highest 40, 3 samples.");
    expect(svg).toContain("<caption");
    expect(svg).toContain("00:05");
  });

  test("of nothing says so and draws nothing", async () => {
    const line = { name: "stored", values: [] };
    const svg = await print(
      <Chart id="x" title="Events" unit={AGE} lines={[line]} times={[]} joinedMs={1} />,
    );
    expect(svg).toContain("no samples yet");
    expect(svg).not.toMatch(/NaN|Infinity|<table/);
  });

  test("never prints a name as markup", async () => {
    const line = { name: "<script>", values: [1, 2, 3, 4] };
    const svg = await print(<Chart id="x" title="<b>" unit={AGE} lines={[line]} {...drawn} />);
    expect(svg).not.toMatch(/<script|<b>/);
  });

  // Seen to fail: with `last = undefined` left out, a line crosses what nobody knows.
  test("a line is broken where nothing is known, or where samples are far apart", () => {
    const same = (value: number) => value;
    const path = (values: (number | undefined)[], times: number[]) =>
      pathOf({ values, times, joinedMs: 2 }, same, same);
    expect(path([5, 6, undefined, 7, 8], [1, 2, 3, 4, 5])).toBe("M1 5h0.1L2 6M4 7h0.1L5 8");
    expect(path([5, 6], [1, 9])).toBe("M1 5h0.1M9 6h0.1");
  });

  test("an axis ends at a round number, at or above its highest value", () => {
    expect([[], [undefined, 0], [3], [10], [11], [41], [1_000_001]].map((values) => topOf(values))).toEqual([
      2, 2, 4, 10, 20, 100, 2_000_000,
    ]);
    expect([[3], [599_000], [200_000_000]].map((values) => topOf(values, AGE.tops))).toEqual([
      4, 600_000, 345_600_000,
    ]);
  });
});
