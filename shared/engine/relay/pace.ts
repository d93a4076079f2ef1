// How large the rounds over the outbox are, and how far apart.
import type { Pace } from "@millrace/platform/pace";

/** Entries of the outbox in one read: each holds what one append's batch put into its lane. */
export const ENTRIES_MAX = 200;

/**
 * Rest, in ms, before the next read: what comes meanwhile is one publish instead of many, and one batch of each partition's
 * actor. This is where the whole chain is paced, since the rounds after it come as often as there is something to
 * fetch: every 4 ms at 2,000 records a second, 12 at 12,000. Rests of twice that save nothing that a run can tell from
 * noise, and the larger publishes between them make the slowest commands a third slower.
 */
export const PACE: Pace = (records) => Math.min(0.5 * records ** 0.58, 40);

/**
 * Records of a round after which the next one finds more, as from some 1,500 records a second on. Until a round finds
 * nothing, appends need not notify the relay: that costs more than the rounds do, in every session that listens.
 */
export const BUSY_RECORDS = 8;

/** Published entries that may wait for their removal while there is more to publish: one costs as much as many. */
export const REMOVED_LATER_MAX = 20;
