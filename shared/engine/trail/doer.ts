// Who does something that the trail keeps, as far as the process that does it can know.

export interface Doer {
  /** `operator:ann`, `ops:ann`. */
  readonly actor: string;
  /**
   * What proved it:
   *   database-login  access to the database itself; the name is what the machine says of its user, and no more
   *   shared-token    the console's token: one of those who have it
   *   none            access is open, and nobody was asked
   */
  readonly authn: "database-login" | "shared-token" | "none";
  /** An address, or the name of a machine. */
  readonly origin: string;
}
