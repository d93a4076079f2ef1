// What this client has written and not read back yet, so that it reads its own writes.

/** Most paths held. A client that writes more without reading forgets the oldest, and reads them as they stand. */
const PATHS_MAX = 1_000;

export interface Written {
  /** A write brought what is at the path to that version. */
  note(path: string, version: number): void;
  /** The version that a read has to wait for. */
  at(path: string): number | undefined;
  /** The path has been read back at that version. */
  seen(path: string, version: number): void;
}

export function createWritten(): Written {
  const versions = new Map<string, number>();
  return {
    note(path, version) {
      const known = versions.get(path) ?? 0;
      versions.delete(path);
      versions.set(path, Math.max(known, version));
      const [oldest] = versions.keys();
      if (versions.size > PATHS_MAX && oldest !== undefined) versions.delete(oldest);
    },
    at: (path) => versions.get(path),
    seen(path, version) {
      if (version >= (versions.get(path) ?? 0)) versions.delete(path);
    },
  };
}
