/** What can't be made, and why: shown as it is, without a stack. Nothing was written. */
export class Refusal extends Error {}
