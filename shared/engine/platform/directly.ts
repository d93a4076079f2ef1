// Which hosts are asked directly, whatever HTTP_PROXY, HTTPS_PROXY and ALL_PROXY say: Bun's fetch sends even what is
// meant for this machine to a proxy. Imports nothing, since `bun test` needs it before there are packages.

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]", "::1", "0.0.0.0"];
/** Hosts beside this machine's own names: a few times those of a large deployment, whose addresses come and go. */
const HOSTS_MAX = 100;

/** What NO_PROXY says without us. */
const given = [process.env.NO_PROXY, process.env.no_proxy].flatMap((hosts) => hosts?.split(",") ?? []);
let asked: string[] = [];

/** From now on this process, and those that it starts, ask these hosts and this machine without a proxy. */
export function askDirectly(...hosts: readonly string[]): void {
  const unknown = hosts.filter((host) => !asked.includes(host));
  if (unknown.length === 0 && process.env.no_proxy?.endsWith(LOOPBACK.join())) return;
  asked = [...unknown, ...asked].slice(0, HOSTS_MAX);
  const all = [...new Set([...given.map((host) => host.trim()), ...asked])].filter(
    (host) => host && !LOOPBACK.includes(host),
  );
  process.env.NO_PROXY = process.env.no_proxy = [...all, ...LOOPBACK].join();
}
