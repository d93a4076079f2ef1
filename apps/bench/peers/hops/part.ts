/** Tells who has started us (`runParts`) that this process serves, which ends when that one does. */
export function ready(): void {
  process.once("disconnect", () => process.exit(0));
  process.send?.("ready");
}
