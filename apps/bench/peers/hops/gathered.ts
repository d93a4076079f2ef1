/** Whatever is asked for while one call is under way is one call after it. */
export function gathered<Item>(work: (items: Item[]) => Promise<void>): (item: Item) => Promise<void> {
  let queue: Item[] = [];
  let next: Promise<void> | undefined;
  let current: Promise<unknown> = Promise.resolve();
  return (item) => {
    queue.push(item);
    next ??= current.then(async () => {
      await new Promise(setImmediate);
      const items = queue;
      queue = [];
      next = undefined;
      const done = work(items);
      current = done.catch(() => {});
      await done;
    });
    return next;
  };
}
