// Where copies of a read model stand, and under which names.
import type { ReadModel } from "@millrace/read-models/read-model";

/** Schemas beside the live one. Storage format: they stand in migrations and in the names of checkpoints. */
export type Place = "next" | "previous";

/** Under which name a copy keeps its checkpoints and parks what it can't handle. */
export function nameAt({ name }: Pick<ReadModel, "name">, place: Place): string {
  return `${name}@${place}`;
}

/** A partition as maps name it. */
export function placeKey({
  topic,
  partition,
}: {
  readonly topic: string;
  readonly partition: number;
}): string {
  return `${topic}/${partition}`;
}

/** A connection's search_path that makes the model's SQL work on the copy. */
export function searchPathOf(place: Place | "pg_temp"): string {
  return `${place}, public`;
}
