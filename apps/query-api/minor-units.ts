/** Sums pass what a number holds exactly, so they are printed from whole minor units: 1999n is "19.99". */
export function printMinorUnits(minorUnits: bigint): string {
  const whole = minorUnits / 100n;
  const fraction = String(minorUnits % 100n)
    .padStart(2, "0")
    .replace(/0+$/, "");
  return fraction === "" ? `${whole}` : `${whole}.${fraction}`;
}

/** The average in minor units, half of one rounded up; 0 of nothing. Neither is ever negative. */
export function averageOf(sum: bigint, count: bigint): bigint {
  return count === 0n ? 0n : (2n * sum + count) / (2n * count);
}
