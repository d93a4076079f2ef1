// A TCP proxy whose network is as bad as it is told to be. Knows nothing of what it carries.
import { createConnection, createServer, type Socket } from "node:net";

export interface NetworkProxy {
  /** Everything flows again, what was held back included. */
  open(): void;
  /** Ends every connection and refuses new ones. */
  cut(): void;
  /** Connections stay, new ones too, and nothing gets through: a switch that hangs. */
  stall(): void;
  /** What is connected now stays connected and is never heard of again; new connections work. */
  halfOpen(): void;
  /** Each byte arrives that much later. */
  delay(ms: number): void;
  connections(): number;
  close(): Promise<void>;
}

interface Network {
  mode: "open" | "cut" | "stalled";
  delayMs: number;
}

interface Link {
  silent: boolean;
  pump(): void;
  end(): void;
}

export function startProxy(ports: { listen: number; target: number }): Promise<NetworkProxy> {
  const network: Network = { mode: "open", delayMs: 0 };
  const links = new Set<Link>();
  const server = createServer({ allowHalfOpen: false }, (client) => {
    if (network.mode === "cut") return client.destroy();
    const upstream = createConnection({ host: "127.0.0.1", port: ports.target });
    const link = join(network, client, upstream);
    links.add(link);
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      socket.on("error", () => link.end());
      socket.on("close", () => {
        // A silent link has no news to pass on, not even that of its own end.
        if (!link.silent) link.end();
        links.delete(link);
      });
    }
  });

  const proxy: NetworkProxy = {
    open() {
      Object.assign(network, { mode: "open", delayMs: 0 });
      for (const link of links) link.pump();
    },
    cut() {
      network.mode = "cut";
      for (const link of links) link.end();
    },
    stall() {
      network.mode = "stalled";
    },
    halfOpen() {
      for (const link of links) link.silent = true;
    },
    delay(ms) {
      network.delayMs = ms;
    },
    connections: () => links.size,
    close() {
      for (const link of links) link.end();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(ports.listen, "127.0.0.1", () => resolve(proxy));
  });
}

function join(network: Network, client: Socket, upstream: Socket): Link {
  const link: Link = {
    silent: false,
    pump() {
      for (const direction of directions) direction.pump();
    },
    end() {
      client.destroy();
      upstream.destroy();
    },
  };
  const directions = [carry(network, link, client, upstream), carry(network, link, upstream, client)];
  return link;
}

/** Bytes of one direction that a peer may have under way before its sender has to wait. */
const UNDER_WAY_BYTES_MAX = 4_194_304;

function carry(network: Network, link: Link, from: Socket, to: Socket): { pump(): void } {
  const held: { chunk: Uint8Array; dueAt: number }[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const pump = () => {
    clearTimeout(timer);
    timer = undefined;
    while (network.mode === "open" && held.length > 0) {
      const waitMs = (held[0] as { dueAt: number }).dueAt - Date.now();
      if (waitMs > 0) {
        timer = setTimeout(pump, waitMs);
        return;
      }
      const next = held.shift() as { chunk: Uint8Array };
      if (!link.silent && to.writable) to.write(next.chunk);
    }
    if (to.writableLength > UNDER_WAY_BYTES_MAX) from.pause();
  };
  from.on("data", (chunk: Uint8Array) => {
    if (link.silent) return;
    held.push({ chunk, dueAt: Date.now() + network.delayMs });
    if (timer === undefined) pump();
  });
  to.on("drain", () => from.resume());
  return { pump };
}
