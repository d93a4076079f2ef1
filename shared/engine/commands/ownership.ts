// Who may give a command, and whose the thing is that it is about. Must never depend on what only a caller says.
import { may, type Verb } from "@millrace/access/may";
import type { Principal } from "@millrace/access/principal";
import { type EventMetadata, streamName } from "@millrace/events/envelope";
import { Failure } from "@millrace/platform/failure";

/**
 * What an owner is known by, where that is not `owner` in the thing's own first event: its id, or the first event of the
 * stream of that category that has its id.
 */
export interface OwnerRule {
  readonly knownBy?: "id" | { readonly category: string };
}

/** What an aggregate says of its owners. */
export interface Ownership<Command extends { readonly type: string }> extends OwnerRule {
  /** What each command is, for those that may give it; `internal` is for processes of ours alone. */
  readonly verbs: Readonly<Record<Command["type"], Verb | "internal">>;
  /** The command that begins the owner's own; undefined where it can't be theirs, as none can without it. */
  begunBy?(owner: string, command: Command): Command | undefined;
}

interface Owned<Command extends { readonly type: string }> {
  /** As scopes name it. */
  readonly plural: string;
  readonly ownership: Ownership<Command>;
}

export interface Permitted<Command> {
  readonly commands: readonly Command[];
  /** Whose the thing has to be, or it is as if it were not there. Absent for those that may see all. */
  readonly onlyOf?: string;
}

/** The stream whose first event says whose a thing is; undefined where its id does. */
export function ownerStream(category: string, { knownBy }: OwnerRule, id: string): string | undefined {
  return knownBy === "id" ? undefined : streamName(knownBy?.category ?? category, id);
}

/** What becomes of commands by who gives them. @throws Failure `forbidden`, whether the thing is there or not */
export function permitted<Command extends { readonly type: string }>(
  { plural, ownership }: Owned<Command>,
  asked: {
    readonly id: string;
    readonly commands: readonly Command[];
    readonly principal: Principal;
    readonly metadata: EventMetadata;
  },
): Permitted<Command> {
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
  return { commands, onlyOf: owner };
}

function grantOf(plural: string, verb: Verb | "internal", principal: Principal) {
  return verb === "internal" ? "none" : may(principal, `${plural}:${verb}`);
}

/** What a clerk or a service begins for a customer is the customer's. */
function forOwner(onBehalfOf: string | undefined): string | undefined {
  return /^customer:(.+)$/.exec(onBehalfOf ?? "")?.[1];
}
