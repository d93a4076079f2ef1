// The load: wrk where it is installed, else a process of ours. Always another process than what it loads.
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface LoadRequest {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  /** Sent in turn; GETs without them. */
  readonly bodies?: readonly string[];
  /** Of each request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How bodies are sent; POST where it is not named. */
  readonly method?: "POST" | "PATCH";
  /** GET paths to draw from, below the url; the url alone without them. */
  readonly paths?: readonly string[];
}

export interface LoadResult {
  readonly generator: "wrk" | "bun";
  readonly requests: number;
  readonly seconds: number;
  readonly errors: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export function hasWrk(): boolean {
  return Bun.which("wrk") !== null;
}

export async function load(request: LoadRequest): Promise<LoadResult> {
  return hasWrk() ? loadWithWrk(request) : loadWithBun(request);
}

async function loadWithWrk(request: LoadRequest): Promise<LoadResult> {
  const script = join(tmpdir(), `millrace-bench-${crypto.randomUUID()}.lua`);
  await Bun.write(script, luaOf(request));
  const { connections, seconds, url } = request;
  const command = ["wrk", "-t1", `-c${connections}`, `-d${seconds}s`, "--latency", "-s", script, url];
  const output = await new Response(Bun.spawn(command, { stdout: "pipe" }).stdout).text();
  rmSync(script);
  const number = (pattern: RegExp) => Number(output.match(pattern)?.[1] ?? 0);
  const errors =
    output.match(/Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/)?.slice(1) ?? [];
  return {
    generator: "wrk",
    requests: number(/(\d+) requests in/),
    seconds: toMs(output.match(/requests in ([\d.]+\w+)/)?.[1]) / 1000,
    errors:
      errors.map(Number).reduce((sum, each) => sum + each, 0) + number(/Non-2xx or 3xx responses: (\d+)/),
    p50Ms: toMs(output.match(/50%\s+([\d.]+\w+)/)?.[1]),
    p99Ms: toMs(output.match(/99%\s+([\d.]+\w+)/)?.[1]),
  };
}

function luaOf({ bodies, method = "POST", paths, headers = {} }: LoadRequest): string {
  const all = Object.entries({ ...(bodies && { "content-type": "application/json" }), ...headers });
  const set = all.map(([name, value]) => `wrk.headers[${JSON.stringify(name)}] = ${JSON.stringify(value)}\n`);
  const head = `${bodies ? `wrk.method = "${method}"\n` : ""}${set.join("")}`;
  if (bodies?.length === 1) return `${head}wrk.body = ${JSON.stringify(bodies[0])}\n`;
  if (bodies) return `${head}${inTurn(bodies, "wrk.format(nil, nil, nil, each)")}`;
  return paths ? `${head}${inTurn(paths, 'wrk.format("GET", each)')}` : head;
}

function inTurn(texts: readonly string[], request: string): string {
  const list = texts.map((text) => JSON.stringify(text)).join(",");
  return `local all = {${list}}\nlocal n = 0\nrequest = function()\n  n = n % #all + 1\n  local each = all[n]\n  return ${request}\nend\n`;
}

/** wrk prints 850.00us, 12.34ms, 1.20s, 1.00m. */
function toMs(text: string | undefined): number {
  const [, value, unit] = text?.match(/^([\d.]+)(us|ms|s|m)$/) ?? [];
  const factor = { us: 0.001, ms: 1, s: 1000, m: 60_000 }[unit ?? ""];
  return factor === undefined ? Number.NaN : Number(value) * factor;
}

async function loadWithBun(request: LoadRequest): Promise<LoadResult> {
  const generator = fileURLToPath(new URL("./generate.ts", import.meta.url));
  const child = Bun.spawn([process.execPath, generator], {
    stdin: new Blob([JSON.stringify(request)]),
    stdout: "pipe",
  });
  return {
    generator: "bun",
    ...(JSON.parse(await new Response(child.stdout).text()) as Omit<LoadResult, "generator">),
  };
}
