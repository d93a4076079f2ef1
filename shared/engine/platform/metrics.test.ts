import { describe, expect, test } from "bun:test";
import { createMetrics, shareReads } from "./metrics.ts";

async function page(metrics: ReturnType<typeof createMetrics>): Promise<string[]> {
  const text = await (await metrics.response()).text();
  return text.split("\n").filter((line) => line.startsWith("test_"));
}

describe("readings", () => {
  test("show what is read at the scrape, and only that", async () => {
    const metrics = createMetrics("test");
    let rows = [
      { labels: { part: 0 }, value: 3 },
      { labels: { part: 1 }, value: 0 },
    ];
    metrics.readings({ type: "gauge", name: "test_depth", help: "Depth.", labels: ["part"] }, () => rows);
    expect(await page(metrics)).toEqual([
      'test_depth{part="0",process="test"} 3',
      'test_depth{part="1",process="test"} 0',
    ]);
    rows = [{ labels: { part: 1 }, value: 7 }];
    expect(await page(metrics)).toEqual(['test_depth{part="1",process="test"} 7']);
  });

  test("of a counter say what was counted elsewhere, not how often they were asked", async () => {
    const metrics = createMetrics("test");
    const rows = [{ labels: { part: 0 }, value: 5 }];
    metrics.readings({ type: "counter", name: "test_total", help: "All.", labels: ["part"] }, () => rows);
    await page(metrics);
    expect(await page(metrics)).toEqual(['test_total{part="0",process="test"} 5']);
  });

  test("that fail leave the rest of the page as it is", async () => {
    const metrics = createMetrics("test");
    const away = () => Promise.reject(new Error("Postgres is away"));
    metrics.gauge("test_one", "One.", away);
    metrics.readings({ type: "gauge", name: "test_many", help: "Many.", labels: ["part"] }, away);
    metrics.gauge("test_well", "Well.", () => 1);
    expect(await page(metrics)).toEqual(['test_one{process="test"} Nan', 'test_well{process="test"} 1']);
  });

  test("that hang hold a scrape up no longer than their bound", async () => {
    const metrics = createMetrics("test");
    metrics.gauge("test_hangs", "Hangs.", () => new Promise<number>(() => {}));
    expect(await page(metrics)).toEqual(['test_hangs{process="test"} Nan']);
  }, 5_000);
});

test("reads that meet are one", async () => {
  let asked = 0;
  const read = shareReads(async () => ++asked);
  expect(await Promise.all([read(), read()])).toEqual([1, 1]);
  expect(await read()).toBe(2);
});
