/** Says what can't be made, and why. It is shown without a stack, and nothing was written. */
export class Refusal extends Error {}
