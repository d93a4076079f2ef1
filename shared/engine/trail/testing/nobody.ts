import type { Doer } from "../doer.ts";

/** For tests of acts in which it does not matter who does them. */
export const NOBODY: Doer = { actor: "test", authn: "none", origin: "test" };
