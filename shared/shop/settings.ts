/** What the shop's bodies are read with. */
export interface ShopSettings {
  /** The one currency that the shop sells in, ISO 4217. */
  readonly currency: string;
}
