// Who does what the trail keeps, as far as the process that does it can know.

export interface Doer {
  /** `operator:ann`, `ops:ann`. */
  readonly actor: string;
  /**
   * What proved it:
   *   key, token, gateway  what the principal has proven itself by
   *   database-login       access to the database itself; the name is what the machine says of its user, and no more
   *   none                 access is open and nobody was asked, or nobody could say
   */
  readonly authn: "key" | "token" | "gateway" | "link" | "database-login" | "none";
  /** An address, or the name of a machine. */
  readonly origin: string;
}
