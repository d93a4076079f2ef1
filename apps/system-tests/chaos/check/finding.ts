// What the checker counts. Each of the first four has to be 0, whatever was done to the system.

export interface Findings {
  /** Acknowledged, and not in the event store, or in the store and not in a read model. */
  lost: number;
  /** In effect more often than it was asked for: events of one command twice, rows counted twice, money taken twice. */
  twice: number;
  /** A stream whose versions or first deliveries are not in order. */
  outOfOrder: number;
  /** Events of the store that its topic never had. */
  skipped: number;
  /** Anything else that is not as it has to be. */
  wrong: number;
  /** What to look at, the first of each. */
  readonly examples: string[];
}

/** Enough to begin looking with. */
const EXAMPLES_MAX = 40;

export type Count = "lost" | "twice" | "outOfOrder" | "skipped" | "wrong";

export function createFindings(): Findings {
  return { lost: 0, twice: 0, outOfOrder: 0, skipped: 0, wrong: 0, examples: [] };
}

export function find(findings: Findings, count: Count, example: string): void {
  findings[count]++;
  if (findings.examples.length < EXAMPLES_MAX) findings.examples.push(`${count}: ${example}`);
}

export function isClean({ lost, twice, outOfOrder, skipped, wrong }: Findings): boolean {
  return lost + twice + outOfOrder + skipped + wrong === 0;
}
