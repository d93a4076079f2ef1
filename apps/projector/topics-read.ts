import type { ReadModel } from "@millrace/read-models/read-model";

/** What no read model is made of is not read: nobody would claim its partitions. */
export function topicsRead(models: readonly Pick<ReadModel, "sources">[]): string[] {
  return [...new Set(models.flatMap(({ sources }) => sources.map(({ topic }) => topic)))];
}
