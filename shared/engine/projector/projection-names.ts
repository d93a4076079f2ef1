// What belongs to a projection by its name, where a copy is made beside it, changes places with it, or goes.
import type { SqlTx } from "@millrace/platform/postgres";

/** Checkpoints for a projection that nobody has worked on, at these offsets of a topic. */
export async function beginCheckpoints(
  tx: SqlTx,
  projection: string,
  topic: string,
  offsets: readonly { readonly partition: number; readonly high: string | number }[],
): Promise<void> {
  for (const { partition, high } of offsets) {
    await tx`insert into checkpoints (projection, topic, partition, epoch, "offset", owner)
      values (${projection}, ${topic}, ${partition}, 0, ${high}, 'rebuild')`;
  }
}

/** Next offsets of a projection, by topic and partition. Nobody moves them until the transaction's end. */
export function holdCheckpoints(
  tx: SqlTx,
  projection: string,
): PromiseLike<{ topic: string; partition: number; offset: string }[]> {
  return tx`
    select topic, partition, "offset" from checkpoints where projection = ${projection}
    order by topic, partition for update`;
}

/** The copy takes the live one's name, and the live one the name of the way back. Actors of both are fenced off. */
export async function exchangeNames(
  tx: SqlTx,
  { live, copy, previous }: { readonly live: string; readonly copy: string; readonly previous: string },
): Promise<void> {
  const aside = `${live}@aside`;
  await tx`update checkpoints set projection = ${aside} where projection = ${live}`;
  await tx`
    update checkpoints as copy set projection = ${live}, claimed_at = now(), epoch = 1 + greatest(epoch, (
      select epoch from checkpoints as former
      where former.projection = ${aside} and former.topic = copy.topic and former.partition = copy.partition))
    where projection = ${copy}`;
  await tx`update checkpoints set projection = ${previous} where projection = ${aside}`;
  await tx`
    update dead_letters set projection = case projection when ${live} then ${previous} else ${live} end
    where projection in (${live}, ${copy})`;
}

/** Its checkpoints and its parked records. */
export async function forgetName(tx: SqlTx, projection: string): Promise<void> {
  await tx`delete from checkpoints where projection = ${projection}`;
  await tx`delete from dead_letters where projection = ${projection}`;
}
