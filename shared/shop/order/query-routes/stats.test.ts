import { describe, expect, test } from "bun:test";
import { averageOf, printMinorUnits } from "../../minor-units.ts";
import { printStats } from "./stats.ts";

describe("stats", () => {
  test("name every status and payment, those without orders as well", () => {
    const stats = JSON.parse(printStats([], "USD"));
    expect(stats).toMatchObject({ count: 0, amount: 0, average: 0, currency: "USD" });
    expect(Object.keys(stats.byStatus)).toEqual(["CREATED", "SHIPPED", "DELIVERED", "CANCELLED"]);
    expect(Object.keys(stats.byPayment)).toHaveLength(6);
  });

  test("add up over both", () => {
    const stats = JSON.parse(
      printStats(
        [
          { status: "CREATED", payment: "PENDING", orders: 2n, amount: 1001n },
          { status: "SHIPPED", payment: "PENDING", orders: 1n, amount: 0n },
          { status: "CREATED", payment: "NONE", orders: 1n, amount: 3998n },
        ],
        "USD",
      ),
    );
    expect(stats).toMatchObject({ count: 4, amount: 49.99, average: 12.5 });
    expect(stats.byStatus.CREATED).toEqual({ count: 3, amount: 49.99, average: 16.66 });
    expect(stats.byPayment.PENDING).toEqual({ count: 3, amount: 10.01, average: 3.34 });
  });

  test("are exact past what a number holds", () => {
    const orders = 90_071_992_547_409_931n;
    const amount = orders * 100_000_000_000n + 1n;
    const printed = printStats([{ status: "CREATED", payment: "PENDING", orders, amount }], "USD");
    expect(printed).toStartWith(`{"count":${orders},"amount":${orders}000000000.01,"average":1000000000,`);
  });
});

test("amounts print as they would be written", () => {
  const printed = (currency: string) =>
    [0n, 1n, 10n, 99n, 100n, 1999n, 50000n].map((amount) => printMinorUnits(amount, currency));
  expect(printed("USD")).toEqual(["0", "0.01", "0.1", "0.99", "1", "19.99", "500"]);
  expect(printed("JPY")).toEqual(["0", "1", "10", "99", "100", "1999", "50000"]);
  expect(printed("KWD")).toEqual(["0", "0.001", "0.01", "0.099", "0.1", "1.999", "50"]);
});

test("an average is rounded half up, and 0 of nothing", () => {
  expect([averageOf(5n, 2n), averageOf(10n, 3n), averageOf(0n, 0n)]).toEqual([3n, 3n, 0n]);
});
