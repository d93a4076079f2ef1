// Tasks of one key take turns, tasks of different keys run side by side, so many at once at most.

export interface Turns {
  /**
   * Runs the task after every earlier one of any of its keys. A task that throws was put off: every later one of its
   * keys fails with the same error without being run, for it was meant for what the earlier one would have left. What
   * has ended badly and for good is returned instead.
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
  // The place is handed over, so that nobody who comes later can take it in between.
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
      // One that threw stays, for those that come later.
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
