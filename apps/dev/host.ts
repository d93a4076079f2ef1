// A process of `bun run dev`: the apps that it is given the names of, each with ports, sessions and logs of its own.
import { argv } from "node:process";

for (const name of argv.slice(2)) await import(`../${name}/main.ts`);
