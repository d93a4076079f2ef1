import { expect, test } from "bun:test";
import { fileURLToPath } from "node:url";
import { dockerAnswers } from "@millrace/local/docker";
import { chooseServers } from "./choose-servers.ts";
import { eventually } from "./eventually.ts";

/** Ten seconds are ryuk's own patience; the rest is for a busy machine. */
const REAPED_WITHIN_MS = 60_000;

test("a word that names no stack is refused, with those that do", async () => {
  await expect(chooseServers("podman")).rejects.toThrow('"podman"; it can be docker or embedded or external');
});

test.skipIf(!(await dockerAnswers()))(
  "the containers of a run that was killed are gone soon after it",
  async () => {
    const stack = fileURLToPath(new URL("./stack-docker.ts", import.meta.url));
    const run = Bun.spawn(
      [
        process.execPath,
        "-e",
        `const servers = await (await import(${JSON.stringify(stack)})).dockerServers();
         console.log(new URL(servers.databaseUrl).port, servers.brokers[0].split(":")[1]);
         setInterval(() => {}, 1_000);`,
      ],
      { stdout: "pipe", stderr: "inherit", cwd: fileURLToPath(new URL(".", import.meta.url)) },
    );
    const { value } = await run.stdout.getReader().read();
    const ports = new TextDecoder().decode(value).trim().split(" ");
    expect(await Promise.all(ports.map(containersOn))).toEqual([1, 1]);

    run.kill("SIGKILL");

    await eventually(async () => expect(await Promise.all(ports.map(containersOn))).toEqual([0, 0]), {
      withinMs: REAPED_WITHIN_MS,
      everyMs: 250,
    });
  },
);

async function containersOn(port: string): Promise<number> {
  const listed = await Bun.$`docker ps --all --quiet --filter publish=${port}`.text();
  return listed.split("\n").filter(Boolean).length;
}
