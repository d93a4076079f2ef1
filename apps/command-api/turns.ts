// Tasks of one key take turns, tasks of different keys run side by side, so many at once at most.

export interface Turns {
  /** Runs the task after every earlier one of its key. Its failure is its own: later ones run all the same. */
  run<Result>(key: string, task: () => Promise<Result>): Promise<Result>;
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
  const take = async <Result>(before: Promise<unknown> | undefined, task: () => Promise<Result>) => {
    await before;
    await enter();
    try {
      return await task();
    } finally {
      leave();
    }
  };

  return {
    run(key, task) {
      const result = take(lastOf.get(key), task);
      const settled = result.then(
        () => {},
        () => {},
      );
      lastOf.set(key, settled);
      void settled.then(() => {
        if (lastOf.get(key) === settled) lastOf.delete(key);
      });
      return result;
    },
  };
}
