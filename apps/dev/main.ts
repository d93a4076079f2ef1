// `bun run dev`. Imports Bun's and Node's own modules only, and what does the same: on a fresh clone there is
// nothing else yet.
// By path: packages have no names to import them by before the install.
// biome-ignore lint/style/noRestrictedImports: as said
import { installPackages, packagesOutdated } from "../../shared/local/install.ts";

if (packagesOutdated()) {
  console.log("installing packages");
  const code = await installPackages();
  if (code !== 0) process.exit(code);
  await beginAgain();
}
const { launch } = await import("./launcher.ts");
await launch(process.argv.slice(2));

/** This process has cached which packages are missing: another takes its place, where the system can under its number. */
async function beginAgain(): Promise<never> {
  const command = [process.execPath, import.meta.path, ...process.argv.slice(2)];
  if (process.execve) {
    const environment = Object.entries(process.env).flatMap(([name, value]) =>
      value ? [[name, value]] : [],
    );
    process.execve(process.execPath, command, Object.fromEntries(environment));
  }
  const child = Bun.spawn(command, { stdio: ["inherit", "inherit", "inherit"] });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
  process.exit(await child.exited);
}
