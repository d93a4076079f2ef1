// Who does something that the trail keeps, as far as the process that does it can know.

export interface Doer {
  /** `operator:ann`, `ops:ann`. */
  readonly actor: string;
  /**
   * What proved it:
   *   database-login  access to the database itself; the name is what the machine says of its user, and no more
   *   shared-token    the console's token: one of those who have it
   *   key, token, gateway  a principal of the APIs: an API key, an access token, a gateway that proved itself
   *   none            access is open, and nobody was asked
   */
  readonly authn: "database-login" | "shared-token" | "key" | "token" | "gateway" | "none";
  /** An address, the name of a machine, or which of our programs was asked. */
  readonly origin: string;
}
