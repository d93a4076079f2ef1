// Restarts the apps that a change of source concerns.
import { existsSync, readdirSync, readFileSync, watch } from "node:fs";
import { join } from "node:path";
import { concerned, folderOf, isSource, type Manifest } from "./package-graph.ts";

/** An editor's save is several events, a checkout hundreds. */
const QUIET_FOR_MS = 150;
const AREAS = ["apps", "shared"];

export interface ReloadOptions {
  readonly root: string;
  /** Folders that can be restarted, such as apps/relay. */
  readonly folders: readonly string[];
  /** Hears which folders are concerned, and by which changed packages. */
  readonly onChange: (folders: string[], changed: string[]) => void;
}

/** Watches apps/ and shared/ until closed. */
export function watchSources(options: ReloadOptions): { close(): void } {
  const changed = new Set<string>();
  let timer: Timer | undefined;
  const settle = () => {
    const batch = new Set(changed);
    changed.clear();
    const folders = concerned(batch, options.folders, readManifests(options.root));
    if (folders.length > 0) options.onChange(folders, [...batch]);
  };
  const watchers = AREAS.map((area) =>
    watch(join(options.root, area), { recursive: true }, (_, file) => {
      const path = file ? `${area}/${file}` : undefined;
      const folder = path && isSource(path) ? folderOf(path) : undefined;
      if (!folder) return;
      changed.add(folder);
      clearTimeout(timer);
      timer = setTimeout(settle, QUIET_FOR_MS);
    }),
  );
  return {
    close: () => {
      clearTimeout(timer);
      for (const watcher of watchers) watcher.close();
    },
  };
}

function readManifests(root: string): Manifest[] {
  return AREAS.flatMap((area) =>
    readdirSync(join(root, area))
      .map((name) => ({ folder: `${area}/${name}`, path: join(root, area, name, "package.json") }))
      .filter(({ path }) => existsSync(path))
      .map(({ folder, path }) => {
        const manifest = JSON.parse(readFileSync(path, "utf8")) as { name: string; dependencies?: object };
        return { folder, name: manifest.name, dependencies: Object.keys(manifest.dependencies ?? {}) };
      }),
  );
}
