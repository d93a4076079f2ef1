// Which apps a change concerns: those that depend on its package, directly or through others.

export interface Manifest {
  /** apps/relay, shared/domain. */
  readonly folder: string;
  readonly name: string;
  readonly dependencies: readonly string[];
}

/** The folder of the package that a file belongs to: shared/engine/relay/lanes.ts is in shared/engine/relay. */
export function folderOf(path: string): string | undefined {
  const parts = path.replaceAll("\\", "/").split("/");
  const depth = parts[0] === "shared" && parts[1] === "engine" ? 3 : 2;
  return parts.length > depth ? parts.slice(0, depth).join("/") : undefined;
}

/** Whether a file can change what a running process does. */
export function isSource(path: string): boolean {
  if (/(^|[\\/])(node_modules|\.[^\\/]+)([\\/]|$)/.test(path)) return false;
  return /\.(ts|tsx|js|json|html|css|svg)$/.test(path) && !/\.(test|tmp)\.tsx?$/.test(path);
}

/** The folders, of those given, whose package is or uses one of the changed. */
export function concerned(
  changed: ReadonlySet<string>,
  folders: readonly string[],
  manifests: readonly Manifest[],
): string[] {
  const byName = new Map(manifests.map((manifest) => [manifest.name, manifest]));
  const byFolder = new Map(manifests.map((manifest) => [manifest.folder, manifest]));
  return folders.filter((folder) => {
    const seen = new Set<Manifest>();
    const open = [byFolder.get(folder)];
    for (let manifest = open.pop(); manifest; manifest = open.pop()) {
      if (changed.has(manifest.folder)) return true;
      seen.add(manifest);
      const next = manifest.dependencies.map((name) => byName.get(name));
      open.push(...next.filter((found) => found !== undefined && !seen.has(found)));
    }
    return false;
  });
}
