/** Nginx's status for a client that closed its request. It is never sent; metrics count it apart from failures. */
export const CLIENT_GONE_STATUS = 499;

/** Thrown by work that ends early because its client is gone and nobody would read the answer. */
export class ClientGone extends Error {
  constructor() {
    super("The client closed its request");
    this.name = "ClientGone";
  }
}
