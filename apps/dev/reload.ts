// Restarts the apps that a change of source concerns.
import { existsSync, type FSWatcher, readdirSync, readFileSync, watch } from "node:fs";
import { join } from "node:path";
import { describe } from "@millrace/platform/failure";
import { concerned, folderOf, isSource, type Manifest } from "./package-graph.ts";

/** An editor's save is several events, a checkout hundreds. */
const QUIET_FOR_MS = 150;
const AREAS = ["apps", "shared"];
/** Where packages stand, each in a folder of its own. */
const PACKAGES_IN = ["apps", "shared", "shared/engine"];

export interface ReloadOptions {
  readonly root: string;
  /** Folders that can be restarted, such as apps/relay. */
  readonly folders: readonly string[];
  /** Hears which folders are concerned, and by which changed packages. */
  readonly onChange: (folders: string[], changed: string[]) => void;
  /** Hears why nothing is watched: all goes on, and changes need a restart by hand. */
  readonly onUnwatched: (why: string) => void;
  /** Node's, where a test brings none of its own. */
  readonly watch?: typeof watch;
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
  const watchers: FSWatcher[] = [];
  const close = () => {
    clearTimeout(timer);
    for (const watcher of watchers.splice(0)) watcher.close();
  };
  /** A system lends each user so many watches, and an editor may have taken them. */
  const giveUp = (error: unknown) => {
    close();
    if (!unwatched) options.onUnwatched(reasonOf(error));
    unwatched = true;
  };
  let unwatched = false;
  for (const area of AREAS) {
    try {
      const watcher = (options.watch ?? watch)(join(options.root, area), { recursive: true }, (_, file) => {
        const path = file ? `${area}/${file}` : undefined;
        const folder = path && isSource(path) ? folderOf(path) : undefined;
        if (!folder) return;
        changed.add(folder);
        clearTimeout(timer);
        timer = setTimeout(settle, QUIET_FOR_MS);
      });
      watchers.push(watcher.on("error", giveUp));
    } catch (error) {
      giveUp(error);
    }
  }
  return { close };
}

/** ENOSPC and EMFILE speak of watches here, not of the disk or of files. */
function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOSPC") return "no watches are left: raise fs.inotify.max_user_watches";
  if (code === "EMFILE") return "no watchers are left: raise fs.inotify.max_user_instances";
  return describe(error);
}

function readManifests(root: string): Manifest[] {
  return PACKAGES_IN.flatMap((area) =>
    (existsSync(join(root, area)) ? readdirSync(join(root, area)) : [])
      .map((name) => ({ folder: `${area}/${name}`, path: join(root, area, name, "package.json") }))
      .filter(({ path }) => existsSync(path))
      .map(({ folder, path }) => {
        const manifest = JSON.parse(readFileSync(path, "utf8")) as { name: string; dependencies?: object };
        return { folder, name: manifest.name, dependencies: Object.keys(manifest.dependencies ?? {}) };
      }),
  );
}
