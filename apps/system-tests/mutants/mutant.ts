/** A mechanism switched off in one place: the named test has to fail then, or it proves nothing. */
export interface Mutant {
  /** What the mutant does, as a fact: "the relay removes entries before they are published". */
  readonly name: string;
  /** Path from the checkout's root. */
  readonly file: string;
  /** Text that stands exactly once in the file. */
  readonly from: string;
  readonly to: string;
  /** Path of the test file from the checkout's root. */
  readonly test: string;
  /** The test's own name, without those of the blocks around it. */
  readonly killedBy: string;
}
