/** As Nginx calls it in its log: the client closed its request. Nobody is sent it; metrics count it apart from failures. */
export const CLIENT_GONE_STATUS = 499;

/** Thrown by work that ended because its client is gone, so that nobody reads the answer. */
export class ClientGone extends Error {
  constructor() {
    super("The client closed its request");
    this.name = "ClientGone";
  }
}
