// What a fault is: some harm that is done and undone while the load runs.
import type { Journal } from "../load/journal.ts";
import type { Load } from "../load/load.ts";
import type { Random } from "../load/random.ts";
import type { System } from "../system/system.ts";

export interface FaultContext {
  readonly system: System;
  readonly load: Load;
  readonly journal: Journal;
  readonly random: Random;
}

export interface Fault {
  /** `kill-relay`. */
  readonly name: string;
  /** Drawn this many times as often as a fault of weight 1. */
  readonly weight: number;
  /** Does the harm, and resolves once it is undone. Says what it did. @throws when the system broke its word. */
  run(context: FaultContext): Promise<string>;
}
