// Questions that are asked at about the same time become one statement, and one statement runs at a time. Must never let
// a flood of them take more than that.
import { Failure } from "./failure.ts";

export interface GatheredOptions {
  /** In the failure of one question too many. */
  readonly what: string;
  /** Questions in one statement. */
  readonly batchMax: number;
  /** Questions that may wait. */
  readonly queueMax: number;
}

interface Waiting<Value> {
  readonly key: string;
  readonly resolve: (value: Value | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Asks `ask` for many keys at once; undefined for those that its answer lacks.
 * @throws Failure `overloaded` past the bound; what `ask` throws, for all of its keys
 */
export function gathered<Value>(
  ask: (keys: string[]) => Promise<ReadonlyMap<string, Value>>,
  { what, batchMax, queueMax }: GatheredOptions,
): (key: string) => Promise<Value | undefined> {
  let queue: Waiting<Value>[] = [];
  let asking = false;

  const settle = async (batch: readonly Waiting<Value>[]) => {
    try {
      const found = await ask([...new Set(batch.map(({ key }) => key))]);
      for (const { key, resolve } of batch) resolve(found.get(key));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  };
  const askAll = async () => {
    asking = true;
    // One who has several questions asks them in the same breath: they need not wait for the first one's answer.
    await Promise.resolve();
    while (queue.length > 0) {
      const batch = queue.slice(0, batchMax);
      queue = queue.slice(batchMax);
      await settle(batch);
    }
    asking = false;
  };

  return (key) => {
    if (queue.length >= queueMax) {
      return Promise.reject(
        new Failure("overloaded", `${queueMax} ${what} wait to be looked up already`, true),
      );
    }
    return new Promise((resolve, reject) => {
      queue.push({ key, resolve, reject });
      if (!asking) void askAll();
    });
  };
}
