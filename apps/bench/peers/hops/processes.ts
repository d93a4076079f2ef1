// Runs the parts of `hops`, each as a process of its own.
import { fileURLToPath } from "node:url";

/** A file of this folder without `.ts`, and the words that it is started with. */
type Part = readonly [file: string, ...words: string[]];

/** Starts one after the other, says "ready", and ends all of them with SIGTERM. @throws Error where one ends before. */
export async function runParts(parts: readonly Part[]): Promise<void> {
  const children: Awaited<ReturnType<typeof start>>[] = [];
  for (const [file, ...words] of parts) {
    children.push(await start(fileURLToPath(new URL(`./${file}.ts`, import.meta.url)), words));
  }
  process.once("SIGTERM", async () => {
    for (const child of children) child.kill();
    await Promise.all(children.map(({ exited }) => exited));
    process.exit(0);
  });
  console.log("ready");
}

/** Resolves once it says that it is ready. It ends with us, however we end. */
async function start(file: string, words: readonly string[]) {
  const ready = Promise.withResolvers<void>();
  const child = Bun.spawn([process.execPath, file, ...words], {
    stdio: ["ignore", "inherit", "inherit"],
    ipc: () => ready.resolve(),
    onExit: () => ready.reject(new Error(`${file} ended`)),
  });
  await ready.promise;
  return child;
}
