// Forwards connections as they are, byte by byte: what HTTP means by them, streams included, is between the
// two ends. Must never answer in a backend's name, nor send anything twice.
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { Log } from "@millrace/platform/log";
import { whyNotOpened } from "@millrace/platform/open-port";
import type { Backends } from "./backends.ts";

export interface Forwarder {
  /** Resolves when it takes connections. @throws as `openPort` */
  listening(): Promise<number>;
  connections(): number;
  /** Takes no more, waits for those that are open, and closes what is left after the bound. */
  stop(withinMs: number): Promise<void>;
}

/** Each takes two sockets and their buffers; past it a client is refused at once. */
const CONNECTIONS_MAX = 5_000;
/** On one network a connection takes a millisecond; past this the next backend is tried. */
const CONNECT_WITHIN_MS = 1_000;
const DRAIN_LOOK_MS = 20;

export function forward(options: { host: string; port: number; backends: Backends; log: Log }): Forwarder {
  const { backends, log } = options;
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (client) => {
    if (open.size >= CONNECTIONS_MAX) {
      client.destroy();
      return;
    }
    open.add(client);
    client.on("error", () => client.destroy());
    client.on("close", () => open.delete(client));
    void join(client);
  });
  const { promise: listening, resolve, reject } = Promise.withResolvers<number>();
  server.once("error", (error) => reject(whyNotOpened(options, error)));
  server.listen(options.port, options.host, () => resolve((server.address() as AddressInfo).port));

  /** Nothing of the client has been read before a backend has it, so trying another repeats nothing. */
  async function join(client: Socket): Promise<void> {
    const order = backends.order();
    for (const address of order) {
      const backend = await connected(address);
      if (!backend) continue;
      if (client.destroyed) backend.destroy();
      else couple(client, backend);
      return;
    }
    log.warn({ tried: order }, "no backend took the connection");
    client.destroy();
  }

  return {
    listening: () => listening,
    connections: () => open.size,
    async stop(withinMs) {
      server.close();
      const deadline = Date.now() + withinMs;
      while (open.size > 0 && Date.now() < deadline) await Bun.sleep(DRAIN_LOOK_MS);
      for (const client of open) client.destroy();
    },
  };
}

function couple(client: Socket, backend: Socket): void {
  // When one goes without a word, so must the other: half an answer must not look like a whole one.
  client.on("close", () => backend.destroy());
  backend.on("close", () => client.destroy());
  backend.on("error", () => client.destroy());
  client.pipe(backend);
  backend.pipe(client);
}

function connected(address: string): Promise<Socket | undefined> {
  const [host = "", port = ""] = address.split(":");
  const { promise, resolve } = Promise.withResolvers<Socket | undefined>();
  const socket = connect({ host, port: Number(port), allowHalfOpen: true, noDelay: true });
  const fail = () => {
    clearTimeout(overrun);
    socket.destroy();
    resolve(undefined);
  };
  const overrun = setTimeout(fail, CONNECT_WITHIN_MS);
  socket.once("error", fail);
  socket.once("connect", () => {
    clearTimeout(overrun);
    socket.off("error", fail);
    resolve(socket);
  });
  return promise;
}
