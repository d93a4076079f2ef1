// The checker: knows every acknowledged command, and compares all that came of it.
import type { Journal } from "../load/journal.ts";
import type { ReceivingEndpoint } from "../load/receiver.ts";
import type { System } from "../system/system.ts";
import { createFindings, type Findings, find } from "./finding.ts";
import { checkPayments } from "./payments.ts";
import { parked, quiet } from "./quiet.ts";
import { checkRows } from "./rows.ts";
import { checkStock, type StockCounts } from "./stock.ts";
import { checkStore } from "./store.ts";
import { checkTopics } from "./topics.ts";
import { checkWebhooks, type WebhookCounts } from "./webhooks.ts";

export interface Verdict {
  readonly findings: Findings;
  /** From the end of the load to rest. */
  readonly quietMs: number;
  readonly events: number;
  readonly records: number;
  readonly repeated: number;
  readonly rows: number;
  readonly charges: number;
  readonly stock: StockCounts;
  readonly webhooks: WebhookCounts;
}

/** Waits for rest, then compares. The load has to have ended. */
export async function check(
  system: System,
  journal: Journal,
  endpoints: readonly ReceivingEndpoint[],
): Promise<Verdict> {
  const findings = createFindings();
  let quietMs = Number.NaN;
  try {
    quietMs = await quiet(system);
  } catch (error) {
    find(findings, "wrong", error instanceof Error ? error.message : String(error));
  }
  const { events } = await checkStore(system.sql, journal, findings);
  const topics = await checkTopics(system, findings);
  const { rows } = await checkRows(system, findings);
  const { charges } = await checkPayments(system.sql, findings);
  const stock = await checkStock(system.sql, findings);
  const webhooks = await checkWebhooks(system.sql, endpoints, findings);
  for (const letter of await parked(system)) find(findings, "wrong", letter);
  return { findings, quietMs, events, ...topics, rows, charges, stock, webhooks };
}
