// Opening a port. One that can't be opened is a setting that people mend, so it is said as one and not by a stack.
import { InvalidConfig } from "./config.ts";

export interface Place {
  readonly host: string;
  readonly port: number;
  /** Which setting chooses the port. */
  readonly portVariable?: string;
}

/** @throws InvalidConfig where the system does not give the port, naming the setting and the ways out */
export function openPort<Server>(place: Place, open: () => Server): Server {
  try {
    return open();
  } catch (error) {
    throw whyNotOpened(place, error);
  }
}

/** The error itself where it is none of the port's. */
export function whyNotOpened({ host, port, portVariable = "the port" }: Place, error: unknown): unknown {
  switch (error instanceof Error && "code" in error && error.code) {
    case "EADDRINUSE":
      return new InvalidConfig([
        `${portVariable}: port ${port} on ${host} is held by another program, perhaps an earlier run of this one, so nobody could reach this process there. End that program, or set ${portVariable} to a free port`,
      ]);
    case "EACCES":
      return new InvalidConfig([
        `${portVariable}: this user may not open port ${port} on ${host}, since ports below 1024 are the system's. Set ${portVariable} to 1024 or above`,
      ]);
    case "EADDRNOTAVAIL":
      return new InvalidConfig([
        `HOST: ${host} is no address of this machine, so port ${port} can't be opened on it. Set HOST to 127.0.0.1 for this machine alone, to one of its addresses, or to 0.0.0.0 for all of them`,
      ]);
    default:
      return error;
  }
}
