// Runs the README's "Try it" as a reader would, one command after the other, against a running system, and
// holds what each prints against the JSON that the README shows under it: a superset, `<…>` being anything.
import { readConfig } from "@millrace/platform/config";
import { check, visible, walked } from "./walk.ts";

const config = readConfig();
const readme = await Bun.file(new URL("../../README.md", import.meta.url)).text();
const section = readme.split("\n## Try it\n")[1]?.split("\n## ")[0] ?? "";
const steps = [...section.matchAll(/```sh\n([\s\S]*?)```\s*```json\n([\s\S]*?)```/g)].map((match) => ({
  command: match[1] as string,
  shown: JSON.parse(match[2] as string) as unknown,
}));

for (const { command, shown } of steps) {
  const reads = command.includes("localhost:3002");
  await check(command.trim().split("\n")[0] as string, async (expect) => {
    expect(steps.length > 5).is(true);
    if (!reads) return expect(matches(await run(command), shown)).is(true);
    return visible(async (now) => {
      const printed = await run(command);
      if (!matches(printed, shown))
        throw new Error(`the README shows ${JSON.stringify(shown)}, got ${JSON.stringify(printed)}`);
      now(true).is(true);
    });
  });
}
walked();

async function run(command: string): Promise<unknown> {
  const here = command
    .replaceAll("localhost:3001", `127.0.0.1:${config.COMMAND_API_PORT}`)
    .replaceAll("localhost:3002", `127.0.0.1:${config.QUERY_API_PORT}`);
  const output = await new Response(Bun.spawn(["bash", "-c", here]).stdout).text();
  return output ? JSON.parse(output) : undefined;
}

/** Whether what the README shows stands in what was printed. Lists match in order, and may go on. */
function matches(printed: unknown, shown: unknown): boolean {
  if (typeof shown === "string" && /^<.*>$/.test(shown)) return printed !== undefined;
  if (Array.isArray(shown)) {
    return Array.isArray(printed) && shown.every((item, index) => matches(printed[index], item));
  }
  if (shown !== null && typeof shown === "object") {
    return Object.entries(shown).every(([key, value]) =>
      matches((printed as Record<string, unknown>)?.[key], value),
    );
  }
  return printed === shown;
}
