// Who may give a command, and who owns the thing that it is about. Must never rely on what only the caller says.
import { may, type Verb } from "@millrace/access/may";
import type { Principal } from "@millrace/access/principal";
import { type EventMetadata, streamName } from "@millrace/events/envelope";
import { Failure } from "@millrace/platform/failure";

/**
 * Where a thing's owner stands. Left out: in `owner` of its first event. `id`: the thing's id is its owner. With a category: in
 * the first event of that category's stream with the same id.
 */
export interface OwnerSource {
  readonly knownBy?: "id" | { readonly category: string };
}

/** Ownership as an aggregate defines it. */
export interface Ownership<Command extends { readonly type: string }> extends OwnerSource {
  /** The right that each command needs; `internal` is for our own processes alone. */
  readonly verbs: Readonly<Record<Command["type"], Verb | "internal">>;
  /** The creating command as one for this owner; undefined where the thing can't be theirs. Left out, no owner may create. */
  begunBy?(owner: string, command: Command): Command | undefined;
}

interface Owned<Command extends { readonly type: string }> {
  /** Its name in scopes. */
  readonly plural: string;
  readonly ownership: Ownership<Command>;
}

export interface Permitted<Command> {
  readonly commands: readonly Command[];
  /** The owner that the thing must have; else it counts as not there. Absent for senders that may see all. */
  readonly onlyOf?: string;
}

/** The stream whose first event names a thing's owner; undefined where its id is the owner. */
export function ownerStream(category: string, { knownBy }: OwnerSource, id: string): string | undefined {
  return knownBy === "id" ? undefined : streamName(knownBy?.category ?? category, id);
}

/** The commands as their sender may give them. @throws Failure `forbidden`, whether the thing is there or not */
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
  // A creation is decided on a thing that is not there yet: an id that is taken is refused for every owner.
  const begins = ownership.verbs[commands[0]?.type as Command["type"]] === "create";
  if (begins || !grants.has("own")) return { commands: begun };
  return { commands, onlyOf: owner };
}

function grantOf(plural: string, verb: Verb | "internal", principal: Principal) {
  return verb === "internal" ? "none" : may(principal, `${plural}:${verb}`);
}

/** The customer that a clerk or a service acts for: what it creates for them is theirs. */
function forOwner(onBehalfOf: string | undefined): string | undefined {
  return /^customer:(.+)$/.exec(onBehalfOf ?? "")?.[1];
}
