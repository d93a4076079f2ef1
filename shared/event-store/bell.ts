// Tells the relays that the outbox has been filled. Not in the transaction that fills it: whoever notifies holds one
// lock of the whole database until its commit is on the disk, so that commits would wait for each other.
import type { Sql } from "@millrace/platform/postgres";
import { OUTBOX_CHANNEL } from "./outbox.ts";

export interface Bell {
  /** Rings once more where it is ringing already. A ring that gets lost is made up for by the relay's slow poll. */
  ring(): void;
}

export function createBell(sql: Sql): Bell {
  let ringing = false;
  let again = false;
  const ring = async () => {
    ringing = true;
    do {
      again = false;
      await sql`select pg_notify(${OUTBOX_CHANNEL}, '')`.catch(() => {});
    } while (again);
    ringing = false;
  };
  return {
    ring() {
      again = true;
      if (!ringing) void ring();
    },
  };
}
