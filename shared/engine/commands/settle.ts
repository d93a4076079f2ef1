// One command on its aggregate: decided, stored and answered.
import { etagOf, type IfMatch } from "@millrace/http/etag";
import { problem } from "@millrace/http/problem";
import type { StoredAnswer } from "@millrace/store/append";
import type { Owners } from "@millrace/store/owners";
import type { Settled } from "@millrace/store/settle";
import { transact } from "@millrace/store/transact";
import type { AggregateDefinition, AggregateState, AnyRefusal } from "./aggregate.ts";
import type { StreamCommands } from "./command-names.ts";
import type { Executed, Executor, Write } from "./execute.ts";
import { type OwnerSource, ownerStream, permitted } from "./ownership.ts";
import { ISSUES_MAX } from "./parsed.ts";

/** What makes a write happen at most once. */
export interface Key {
  readonly key: string;
  readonly fingerprint: string;
}

/** Undefined where the key has an answer already. @throws what `permitted` and `transact` throw */
export async function settleWrite<
  Command extends { readonly type: string },
  State extends AggregateState,
  Event extends { type: string; data: unknown },
  Refusal extends AnyRefusal,
  Settings,
>(
  definition: AggregateDefinition<Command, State, Event, Refusal, Settings>,
  { store, sql, owners, settings }: Executor,
  { target, principal, metadata, ifMatch }: Write,
  keyed: Key | undefined,
): Promise<Executed | undefined> {
  const { id } = target;
  // The aggregate's own readers made them, now or before the request was stored.
  const commands = target.commands as readonly Command[];
  const creates = definition.ownership.verbs[commands[0]?.type as Command["type"]] === "create";
  let stored: StoredAnswer | undefined;
  const answer = (settled: Settled<State, Event, Refusal>) => {
    stored = answerOf(definition, settled, { ...target, creates, requestId: metadata.causationId });
    return stored;
  };
  const allowed = permitted(definition, { id, commands, principal, metadata });
  const isHidden =
    allowed.onlyOf !== undefined && !(await isTheirs(owners, definition, { id, owner: allowed.onlyOf }));
  const asked = { principal, settings: settings as Settings, sql };
  const prepared = definition.prepare?.(allowed.commands, asked) ?? allowed.commands;
  const outcome = await transact(store, definition, {
    aggregateId: id,
    isHidden,
    // Most are ready at once: an await would cost each of these commands a turn of the event loop.
    commands: prepared instanceof Promise ? await prepared : prepared,
    metadata,
    likelyNew: creates,
    ...(ifMatch === undefined ? {} : expectation(ifMatch, creates)),
    ...(keyed ? { idempotency: { ...keyed, answer } } : {}),
  });
  if (outcome.outcome === "key_taken") return undefined;
  return { answer: stored ?? answer(outcome), replayed: false };
}

/** Checked before the thing is read: else the time that a long history takes would tell that it is there. */
async function isTheirs(
  owners: Owners,
  { decider, ownership }: { readonly decider: { category: string }; readonly ownership: OwnerSource },
  { id, owner }: { readonly id: string; readonly owner: string },
): Promise<boolean> {
  const stream = ownerStream(decider.category, ownership, id);
  return stream === undefined ? id === owner : owners.isOf(stream, owner);
}

/** `*` asks that the thing exist; a command on one that doesn't is refused anyway. */
function expectation(ifMatch: IfMatch, creates: boolean): { expectedVersions?: readonly number[] } {
  if (ifMatch !== "any") return { expectedVersions: ifMatch };
  return creates ? { expectedVersions: [] } : {};
}

interface Decided extends Pick<StreamCommands, "id" | "place"> {
  readonly creates: boolean;
  readonly requestId: string;
}

/** The answer to a decided command: HTTP's words for the domain's outcomes. */
function answerOf<
  Command extends { readonly type: string },
  State extends AggregateState,
  Event extends { type: string; data: unknown },
  Refusal extends AnyRefusal,
  Settings,
>(
  definition: AggregateDefinition<Command, State, Event, Refusal, Settings>,
  settled: Settled<State, Event, Refusal>,
  { id, place = "", creates, requestId }: Decided,
): StoredAnswer {
  const { state, version } = settled;
  if (settled.outcome === "refused") {
    const { code, errors } = settled.refusal;
    return problem(definition.refusals[code as Refusal["code"]], {
      requestId,
      ...(errors && {
        errors: errors.slice(0, ISSUES_MAX).map((each) => ({ ...each, pointer: place + each.pointer })),
      }),
    });
  }
  const isThere = state.exists && state.deleted !== true;
  if (settled.outcome === "stale") {
    return problem(creates || isThere ? "stale_version" : definition.notFound, { requestId });
  }
  const etag = etagOf(version);
  if (!state.exists) throw new Error(`${definition.decider.category} ${id} was accepted and does not exist`);
  if (state.deleted) return { status: 204, headers: { etag }, body: null };
  const shown = creates ? definition.creation?.shown : definition.change?.shown;
  const body = shown ? shown.of(state, { id, version }) : { id, version };
  if (!creates) return { status: 200, headers: { etag }, body };
  return { status: 201, headers: { etag, location: `/${definition.plural}/${id}` }, body };
}
