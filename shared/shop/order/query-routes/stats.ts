import * as v from "valibot";
import { Printed, type Route } from "@millrace/http/route";
import type { Reads } from "@millrace/queries/reads";
import { money } from "@millrace/read-models/document-fields";
import { averageOf, printMinorUnits } from "../../minor-units.ts";
import { type OrderCount, readOrderCounts } from "../read-model/stats-queries.ts";
import { ORDER_PAYMENTS, ORDER_STATUSES } from "../state.ts";

const counted = v.object({ count: v.number(), amount: money, average: money });

export const statsDocument = v.object({
  ...counted.entries,
  currency: v.string(),
  byStatus: v.record(v.string(), counted),
  byPayment: v.record(v.string(), counted),
});

export function orderStatsRoutes({ sql, currency }: Reads): Route[] {
  return [
    {
      method: "GET",
      path: "/orders/stats",
      access: "orders:summarize",
      tag: "orders",
      summary: "How many orders, and what they come to",
      description:
        "Kept by the projection with every change, so exact. Averages are rounded to the currency's smallest unit.",
      responses: [{ status: 200, description: "By status and by payment", schema: statsDocument }],
      problems: ["postgres_unavailable"],
      async handle() {
        const counts = await readOrderCounts(sql);
        return { status: 200, headers: {}, body: new Printed(printStats(counts, currency)) };
      },
    },
  ];
}

/** Sums may pass what a JSON parser in this language holds, so they are printed from whole minor units. */
export function printStats(counts: readonly OrderCount[], currency: string): string {
  const group = (name: "status" | "payment", words: readonly string[]) =>
    words
      .map(
        (word) =>
          `"${word}":{${printSum(
            counts.filter((count) => count[name] === word),
            currency,
          )}}`,
      )
      .join(",");
  return [
    `{${printSum(counts, currency)}`,
    `"currency":${JSON.stringify(currency)}`,
    `"byStatus":{${group("status", ORDER_STATUSES)}}`,
    `"byPayment":{${group("payment", ORDER_PAYMENTS)}}}`,
  ].join(",");
}

function printSum(counts: readonly OrderCount[], currency: string): string {
  let orders = 0n;
  let amount = 0n;
  for (const count of counts) {
    orders += count.orders;
    amount += count.amount;
  }
  const average = averageOf(amount, orders);
  const print = (minorUnits: bigint) => printMinorUnits(minorUnits, currency);
  return `"count":${orders},"amount":${print(amount)},"average":${print(average)}`;
}
