// Tasks with a key in common run one after the other, all others side by side, up to a number at once.

export interface Turns {
  /**
   * Runs the task after every earlier one with any of its keys. A task that throws counts as put off: every later task with
   * one of its keys fails with the same error and is not run, since it relies on the earlier one. A failure that is final
   * must be returned instead.
   */
  run<Result>(keys: Iterable<string>, task: () => Promise<Result>): Promise<Result>;
}

export function createTurns(atOnceMax: number): Turns {
  const lastOf = new Map<string, Promise<unknown>>();
  const waiting: (() => void)[] = [];
  let running = 0;

  const enter = async () => {
    if (running >= atOnceMax) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
  };
  // The place passes to the next task, so that no later one takes it in between.
  const leave = () => {
    const next = waiting.shift();
    if (next) next();
    else running--;
  };
  const take = async <Result>(
    before: readonly (Promise<unknown> | undefined)[],
    task: () => Promise<Result>,
  ) => {
    for (const earlier of before) await earlier;
    await enter();
    try {
      return await task();
    } finally {
      leave();
    }
  };

  return {
    run(keys, task) {
      const own = [...new Set(keys)];
      const result = take(
        own.map((key) => lastOf.get(key)),
        task,
      );
      for (const key of own) lastOf.set(key, result);
      // A result that failed stays, so that later tasks fail with it.
      result.then(
        () => {
          for (const key of own) if (lastOf.get(key) === result) lastOf.delete(key);
        },
        () => {},
      );
      return result;
    },
  };
}
