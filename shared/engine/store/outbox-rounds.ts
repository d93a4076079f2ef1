// How large the rounds over the outbox are, and how far apart.
import type { Pace } from "@millrace/platform/pace";

/** Entries in one read: each holds what one append's batch put into its lane. */
export const ENTRIES_MAX = 200;

/**
 * Bytes of events in one read of the outbox or the store, and one entry more: three of the largest. As text, parsed and
 * as requests, until they are collected, they take some forty times as much; a relay has 256 MB.
 */
export const READ_BYTES_MAX = 3 * 1_048_576;

/**
 * Rest before the next read: what comes meanwhile is one publish instead of many, and one batch of each partition's
 * actor. This is where the whole chain is paced, since the rounds after it come as often as there is something to
 * fetch: every 4 ms at 2,000 records a second, 12 at 12,000. Rests of twice that save nothing that a run can tell from
 * noise, and the larger publishes between them make the slowest commands a third slower.
 */
export const PACE: Pace = (records) => Math.min(0.5 * records ** 0.58, 40);

/**
 * After a round of so many, as from some 1,500 records a second on, the next one finds more. Until one finds nothing,
 * nobody need notify the relay: that costs more than the rounds themselves, in every session that listens to anything.
 */
export const BUSY_RECORDS = 8;

/** Published entries that may wait for their removal while there is more to publish: one costs as much as many. */
export const REMOVED_LATER_MAX = 20;
