// Who may give a command, and whose the thing is that it is about. Must never depend on what only a caller says.
import { may, type Verb } from "@millrace/access/may";
import type { Principal } from "@millrace/access/principal";
import type { EventMetadata } from "@millrace/events/envelope";
import { Failure } from "@millrace/platform/failure";

/** What an aggregate says of its owners. */
export interface Ownership<Command extends { readonly type: string }, State> {
  /** What each command is, for those that may give it; `internal` is for processes of ours alone. */
  readonly verbs: Readonly<Record<Command["type"], Verb | "internal">>;
  /**
   * What readers know an owner by, where that is not the thing's own first event: its id, or the first event of the stream
   * of that category that has its id.
   */
  readonly knownBy?: "id" | { readonly category: string };
  /** Whose it is. Undefined for what belongs to those that run the shop, as all does without it, and for what is not there. */
  ownerOf?(id: string, state: State): string | undefined;
  /** The command that begins the owner's own; undefined where it can't be theirs, as none can without it. */
  begunBy?(owner: string, command: Command): Command | undefined;
}

interface Owned<Command extends { readonly type: string }, State> {
  /** As scopes name it. */
  readonly plural: string;
  readonly ownership: Ownership<Command, State>;
}

export interface Permitted<Command, State> {
  readonly commands: readonly Command[];
  /** Absent for those that may see all. */
  readonly maySee?: (state: State) => boolean;
}

/** What becomes of commands by who gives them. @throws Failure `forbidden`, whether the thing is there or not */
export function permitted<Command extends { readonly type: string }, State>(
  { plural, ownership }: Owned<Command, State>,
  asked: {
    readonly id: string;
    readonly commands: readonly Command[];
    readonly principal: Principal;
    readonly metadata: EventMetadata;
  },
): Permitted<Command, State> {
  const { id, commands, principal, metadata } = asked;
  const grants = new Set(
    commands.map(({ type }) => grantOf(plural, ownership.verbs[type as Command["type"]], principal)),
  );
  if (grants.has("none")) {
    throw new Failure("forbidden", `${metadata.actor} may not do this to ${plural}`, false);
  }
  const owner = grants.has("own") ? principal.subject : forOwner(metadata.onBehalfOf);
  if (owner === undefined) return { commands };
  const begun = commands.map((command) => {
    if (ownership.verbs[command.type as Command["type"]] !== "create") return command;
    const theirs = ownership.begunBy?.(owner, command);
    if (theirs) return theirs;
    throw new Failure("forbidden", `${metadata.actor} may not begin ${id} of ${plural}`, false);
  });
  // Who begins something decides on what is not there yet: an id that is taken is taken, whoever has it.
  const begins = ownership.verbs[commands[0]?.type as Command["type"]] === "create";
  if (begins || !grants.has("own")) return { commands: begun };
  return { commands, maySee: (state) => ownership.ownerOf?.(id, state) === owner };
}

function grantOf(plural: string, verb: Verb | "internal", principal: Principal) {
  return verb === "internal" ? "none" : may(principal, `${plural}:${verb}`);
}

/** What a clerk or a service begins for a customer is the customer's. */
function forOwner(onBehalfOf: string | undefined): string | undefined {
  return /^customer:(.+)$/.exec(onBehalfOf ?? "")?.[1];
}
