/** The thread of a partition, started when it is first asked for. */
export function threadPerPartition(file: URL, words: string[]): (partition: number) => Worker {
  const threads = new Map<number, Worker>();
  return (partition) => {
    const running = threads.get(partition);
    if (running) return running;
    const thread = new Worker(file, { argv: words });
    threads.set(partition, thread);
    return thread;
  };
}
