// A TCP gate before a server, so that a test can take the server away and give it back. Clients see what they
// would of a server that dies: connections that break, and none that opens.
import net from "node:net";

export interface Gate {
  readonly port: number;
  /** Breaks every connection and refuses new ones. */
  close(): Promise<void>;
  /** Lets connections through again, on the same port. */
  open(): Promise<void>;
}

export async function openGate(target: { readonly host: string; readonly port: number }): Promise<Gate> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((client) => {
    const upstream = net.connect(target);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
      // One end breaks: so does the other, and nobody is told why.
      socket.on("error", () => {});
    }
    client.pipe(upstream).on("close", () => client.destroy());
    upstream.pipe(client).on("close", () => upstream.destroy());
  });
  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once("error", reject).listen(port, "127.0.0.1", () => resolve());
    });
  await listen(0);
  const { port } = server.address() as net.AddressInfo;
  return {
    port,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    open: () => listen(port),
  };
}
