// The money: the simulated gateway's books against the payments and the orders.
import type { Sql } from "@millrace/platform/postgres";
import { type Findings, find } from "./finding.ts";

interface Account {
  readonly id: string;
  readonly status: string;
  readonly payment: string;
  readonly deleted: boolean;
  readonly recorded: string | null;
  readonly taken: number | null;
  readonly refunded: number | null;
}

export async function checkPayments(sql: Sql, findings: Findings): Promise<{ charges: number }> {
  const accounts = await sql<Account[]>`
    select orders.id, orders.status, orders.payment, orders.deleted, payments.status as recorded,
      charges.taken, charges.refunded
    from orders
    left join payments on payments.id = orders.id
    left join simulated_gateway_charges as charges on charges.payment_id = orders.id
    where orders.payment <> 'NONE' or charges.payment_id is not null`;
  let charges = 0;
  for (const account of accounts) {
    charges += account.taken ?? 0;
    const taken = (account.taken ?? 0) - (account.refunded ?? 0);
    const about = JSON.stringify(account);
    if ((account.taken ?? 0) > 1 || (account.refunded ?? 0) > 1) find(findings, "twice", about);
    if (["PENDING", "UNKNOWN"].includes(account.payment)) find(findings, "wrong", `never settled: ${about}`);
    // An order that was given up before anything was asked of the gateway has no payment at all.
    if (account.recorded !== null && account.recorded !== account.payment) find(findings, "wrong", about);
    if (taken !== (account.payment === "COMPLETED" ? 1 : 0))
      find(findings, "wrong", `the books differ: ${about}`);
    const calledOff = account.status === "CANCELLED" || (account.deleted && account.status === "CREATED");
    if (calledOff && taken > 0) find(findings, "wrong", `kept the money of an order called off: ${about}`);
  }
  return { charges };
}
