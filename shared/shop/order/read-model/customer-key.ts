/** Longer than any name that the edge lets through, shorter than what an index entry may hold. */
export const CUSTOMER_LENGTH_MAX = 500;

/**
 * A customer as the filter's column holds it, and as a filter must ask: what Postgres can't store as text is
 * replaced, since an event that was once accepted must never block its partition.
 */
export function customerKey(customer: string): string;
export function customerKey(customer: string | null): string | null;
export function customerKey(customer: string | null): string | null {
  if (customer === null) return null;
  return customer.slice(0, CUSTOMER_LENGTH_MAX).toWellFormed().replaceAll("\0", "\ufffd");
}
