// A database that is there and does not do its work: statements that are cancelled, and one that takes no writes.
import { REFUSED_WITHIN_MS, tryOrder } from "./away.ts";
import type { Fault } from "./fault.ts";

const CANCEL_EVERY_MS = 30;
const CANCELLED_FROM_MS = 2_000;
const CANCELLED_TO_MS = 8_000;

/** As an operator's statement_timeout, or somebody who ends what seems to hang. */
const cancelled: Fault = {
  name: "cancel-statements",
  weight: 1,
  async run({ system, random }) {
    const lastedMs = random.between(CANCELLED_FROM_MS, CANCELLED_TO_MS);
    const until = performance.now() + lastedMs;
    let count = 0;
    while (performance.now() < until) {
      const rows = await system.sql`
        select pg_cancel_backend(pid) from pg_stat_activity
        where datname = current_database() and state = 'active' and application_name <> 'chaos'`;
      count += rows.length;
      await Bun.sleep(CANCEL_EVERY_MS);
    }
    return `${count} statements within ${lastedMs} ms`;
  },
};

const READ_ONLY_FROM_MS = 3_000;
const READ_ONLY_TO_MS = 60_000;

/** As a primary that was demoted while its clients stayed. */
const readOnly: Fault = {
  name: "read-only",
  weight: 1,
  async run(context) {
    const { system, random } = context;
    const lastedMs = random.between(READ_ONLY_FROM_MS, READ_ONLY_TO_MS);
    const [row] = await system.sql<{ name: string }[]>`select current_database() as name`;
    const database = system.sql(row?.name ?? "");
    await system.sql`alter database ${database} set default_transaction_read_only = on`;
    try {
      await system.sql`
        select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and application_name <> 'chaos'`;
      const over = Bun.sleep(lastedMs);
      const answer = await tryOrder(context, REFUSED_WITHIN_MS);
      if (answer !== 503) throw new Error(`An order that can't be written was answered ${answer}`);
      await over;
    } finally {
      await system.sql`alter database ${database} reset default_transaction_read_only`;
    }
    return `Postgres took no writes for ${lastedMs} ms`;
  },
};

export const databases: readonly Fault[] = [cancelled, readOnly];
