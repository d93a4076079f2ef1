/** Tells `hops` that this process of it serves, which ends when `hops` does. */
export function ready(): void {
  process.once("disconnect", () => process.exit(0));
  process.send?.("ready");
}
