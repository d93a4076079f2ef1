// Who may have what, and how much of it.
import type { Mutant } from "./mutant.ts";

const PROOF = { test: "shared/shop/access.int.test.ts" } as const;
const ENCRYPTED = { test: "apps/system-tests/encrypted.int.test.ts" } as const;
const BY_EVERY_COMMAND =
  "by every command, alone and among others, by its route and by its name, under every condition";
const BY_KEYS = "by its owner's idempotency key, and by the id of its owner's command";
const BY_TIME = "by the time that passes, however much has happened to it";
const GUEST =
  "a guest reads the one thing that the link is for, in every way, and of all others as if there were none";

export const accessMutants: readonly Mutant[] = [
  {
    ...PROOF,
    name: "what is another's is changed as if it were one's own",
    file: "shared/engine/commands/ownership.ts",
    from: "return { commands, onlyOf: owner };",
    to: "return { commands };",
    killedBy: BY_EVERY_COMMAND,
  },
  {
    ...PROOF,
    name: "what is another's is read as if it were one's own",
    file: "shared/engine/queries/owned.ts",
    from: "return isTheirs ? route.handle(call)",
    to: "return isTheirs || true ? route.handle(call)",
    killedBy: "by every route that reads one thing, with every parameter that it has",
  },
  {
    ...PROOF,
    name: "what is another's is read before it is hidden",
    file: "shared/engine/store/transact.ts",
    from: "  if (transaction.isHidden) return decideHidden(store, aggregate, transaction);\n",
    to: `  if (transaction.isHidden) {
    await Array.fromAsync(
      store.loader.pages(streamName(aggregate.decider.category, transaction.aggregateId)),
    );
    return decideHidden(store, aggregate, transaction);
  }
`,
    killedBy: BY_TIME,
  },
  {
    ...PROOF,
    name: "a route answers of another's thing before it is asked whose it is",
    file: "shared/engine/queries/owned.ts",
    from: "  const stream = rule.streamOf(id);\n",
    to: "  await route.handle(call);\n  const stream = rule.streamOf(id);\n",
    killedBy: "by the statements that Postgres is asked, in every way",
  },
  {
    name: "a customer is told who of the shop did what",
    file: "shared/engine/queries/routes/history.ts",
    from: "return actor === asking ? entry : { ...entry, actor: THE_SHOP };",
    to: "return entry;",
    test: "shared/shop/order/query-routes/access.int.test.ts",
    killedBy: "a customer's history says what the shop did, not who of it",
  },
  {
    ...ENCRYPTED,
    name: "any authority vouches for Postgres",
    file: "shared/engine/platform/postgres-tls.ts",
    from: 'rejectUnauthorized: mode !== "require",',
    to: "rejectUnauthorized: false,",
    killedBy: "verify-full refuses a certificate that another authority signed",
  },
  {
    ...ENCRYPTED,
    name: "any authority vouches for a broker",
    file: "shared/engine/kafka/security.ts",
    from: "return { ssl: { ...(ca && { ca }),",
    to: "return { ssl: { rejectUnauthorized: false, ...(ca && { ca }),",
    killedBy: "a broker whose certificate another authority signed is not spoken to",
  },
  {
    ...PROOF,
    name: "a guest reads whatever is of the family that the link is of",
    file: "shared/engine/queries/owned.ts",
    from: " && thing.id === id",
    to: "",
    killedBy: GUEST,
  },
  {
    ...PROOF,
    name: "a guest uses whatever route knows owners",
    file: "shared/engine/http/admit.ts",
    from: 'who.role === "guest" ? knowsGuests : knowsOwners',
    to: "knowsOwners",
    killedBy: GUEST,
  },
  {
    ...PROOF,
    name: "a link is of any family",
    file: "shared/engine/access/may.ts",
    from: 'verb === "read" && family === thing?.family',
    to: 'verb === "read"',
    killedBy: GUEST,
  },
  {
    test: "shared/engine/access/guest-links.test.ts",
    name: "a guest's link works for ever",
    file: "shared/engine/access/guest-links.ts",
    from: "if (expiresAt <= now()) return EXPIRED;",
    to: "",
    killedBy: "an hour that is over is over, by the clock of who reads it",
  },
  {
    ...PROOF,
    name: "a list of one's own is the list of all",
    file: "shared/engine/queries/routes/model-routes.ts",
    from: 'grant === "own" ? { owner: principal.subject } : {}',
    to: 'grant === "own" ? {} : {}',
    killedBy: "a customer's lists hold what is theirs, by every filter, and page by page",
  },
  {
    ...PROOF,
    name: "an idempotency key is the whole shop's",
    file: "shared/engine/commands/take-write.ts",
    from: "keySpaceOf(principal)",
    to: '""',
    killedBy: BY_KEYS,
  },
  {
    ...PROOF,
    name: "an envelope's id is the whole shop's",
    file: "shared/engine/commands/command-key.ts",
    from: `command-id/\${keySpaceOf(principal)}`,
    to: "command-id/",
    killedBy: BY_KEYS,
  },
  {
    ...PROOF,
    name: "anybody may ask what became of a command",
    file: "shared/engine/commands/routes/commands.ts",
    from: '(grant === "own" && found.by !== actor)',
    to: '(grant === "own" && found.by === "")',
    killedBy: "by the place where its owner's command is followed",
  },
  {
    ...PROOF,
    name: "whoever may have only their own uses routes that know no owners",
    file: "shared/engine/http/admit.ts",
    from: '|| (grant === "own" && !knowsTheirs))',
    to: '|| (grant === "own" && knowsTheirs === null))',
    killedBy: "a customer's lists hold what is theirs, by every filter, and page by page",
  },
  {
    name: "the owner of another's thing is remembered, and of nothing asked about",
    file: "shared/engine/store/owners.ts",
    from: "known.get(stream) === owner ? owner : await ask(stream);\n      if (found === owner) keep(stream, found);",
    to: 'known.get(stream) ?? (await ask(stream));\n      keep(stream, found ?? "");',
    test: "shared/engine/store/owners.int.test.ts",
    killedBy: "what is another's is asked about as often as what is not there",
  },
  {
    name: "a live stream outlives what its client was let in by",
    file: "shared/engine/queries/streams/row-streams.ts",
    from: "if (wish.mayGoOn) leaves.set(stream, wish.mayGoOn);",
    to: "",
    test: "shared/engine/queries/streams/row-streams.test.ts",
    killedBy: "a stream ends once its client may follow no more, and goes on while nobody can say so",
  },
  {
    name: "a guest's link gets past the gateway",
    file: "shared/engine/access/gateway-gate.ts",
    from: "if (given === null) return NOT_BY_GATEWAY;",
    to: "if (given === null) return named(headers, guests);",
    test: "shared/engine/access/gateway-gate.test.ts",
    killedBy: "lets nobody past the gateway, and makes nobody else of whom it names",
  },
  {
    name: "a stream that is over keeps its place",
    file: "shared/engine/queries/streams/row-streams.ts",
    from: "wish.onOver?.();",
    to: "",
    test: "shared/shop/order/query-routes/access.int.test.ts",
    killedBy: "a live stream more than one may have open, until one of them ends",
  },
  {
    name: "reads that wait are counted against nobody",
    file: "shared/engine/queries/routes/find-row.ts",
    from: 'const leave = hold(call, "waits");',
    to: "const leave = () => {};",
    test: "shared/shop/order/query-routes/access.int.test.ts",
    killedBy: "a read more than one may have waiting, until one of them is answered",
  },
  {
    name: "forged callbacks take up the room of those that are signed",
    file: "shared/engine/callbacks/callback-routes.ts",
    from: "const verified = verify(",
    to: "await rate.take(name);\n  const verified = verify(",
    test: "shared/engine/callbacks/callback-routes.int.test.ts",
    killedBy: "429: more of them in a second than are taken, and forged ones take up nobody's room",
  },
  {
    name: "anybody says where they come from",
    file: "shared/engine/access/client-address.ts",
    from: "if (!isOurs(client)) break;",
    to: "",
    test: "shared/engine/access/client-address.test.ts",
    killedBy: 'of "192.0.2.1" with X-Forwarded-For "1.1.1.1" the client is 192.0.2.1',
  },
  {
    name: "whoever is known counts as a stranger",
    file: "shared/engine/http/stranger.ts",
    from: "known: () => (address === undefined ? undefined : strangers.giveBack(address))",
    to: "known: () => undefined",
    test: "shared/engine/http/access.test.ts",
    killedBy: "429: an address of which too many are nobody, while those who are known there go on",
  },
  {
    name: "nobody is counted before it is known who they are",
    file: "shared/engine/http/server.ts",
    from: "await (isUnproven(known) ? stranger?.count() : stranger?.known());",
    to: "await stranger?.known();",
    test: "shared/engine/http/access.test.ts",
    killedBy: "429: an address of which too many are nobody, while those who are known there go on",
  },
];
