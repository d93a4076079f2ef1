// Runs what the README and "Try it" show as a reader would, one command after the other, against a running system, and
// holds what each prints against what the page shows under it. Where access is required, each request brings API_KEY.
import { readConfig } from "@millrace/platform/config";
import { apiKey, check, visible, walked } from "../walk.ts";
import { blocksOf, ROOT, readPage } from "./blocks.ts";
import { atPorts, holdAgainst, onlyReads, type Step, stepsOf } from "./steps.ts";

const config = readConfig();
const ports = { commandApi: config.COMMAND_API_PORT, queryApi: config.QUERY_API_PORT };
/** Of the README only what talks to the system that is running: it is started and proven by .ci/run itself. */
const talks = ({ command }: Step) => command.startsWith("curl ");
const readme = stepsOf(blocksOf(await readPage("README.md"))).filter(talks);
const tries = stepsOf(blocksOf(await readPage("shared/guide/try-it.md")));

await check("there is something to run", async (expect) => {
  expect(readme.length > 1 && tries.length > 8).is(true);
});
for (const step of [...readme, ...tries]) {
  await check(step.command.split("\n")[0] as string, async () => {
    const take = async () => holdAgainst(await run(step.command), step.shown);
    return onlyReads(step.command) ? visible(take, withinMs(step.command)) : take();
  });
}
walked();

/** A program of its own starts, connects and reads first. */
function withinMs(command: string): number | undefined {
  return command.startsWith("bun run ops") ? 20_000 : undefined;
}

async function run(command: string): Promise<string> {
  const here = atPorts(command, ports);
  const asked = apiKey ? here.replace(/^curl /, `curl -H 'Authorization: Bearer ${apiKey}' `) : here;
  const child = Bun.spawn(["bash", "-c", asked], {
    ...{ cwd: ROOT, stdin: "ignore", stdout: "pipe", stderr: "pipe" },
  });
  const [output, errors, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (code !== 0) throw new Error(`ended with ${code}: ${errors || output}`);
  return output;
}
